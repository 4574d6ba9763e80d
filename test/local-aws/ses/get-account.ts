// GetAccount: whether this account may send in this Region, and how much.
import { done, type Outcome } from '../outcome.ts'
import type { SesRegion } from './state.ts'

export const getAccount = (region: SesRegion): Outcome => done(region.account)
