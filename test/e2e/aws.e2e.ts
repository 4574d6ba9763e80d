// The suite on AWS itself, when asked for: AWS_VERIFIED=1. It costs cents, and cleans up after itself.
import { describe, test } from '@jest/globals'
import { awsPlace, wantsAws } from './aws-account.ts'
import { deployedTarget } from './deployed-target.ts'
import { lifecycleSuite } from './lifecycle-suite.ts'

const open = async () => deployedTarget(await awsPlace())

if (wantsAws) lifecycleSuite('on AWS', open, { timeoutMs: 30 * 60_000, rollback: true, failedCreates: true })
else describe('on AWS', () => test.skip('not asked for with AWS_VERIFIED=1, see docs/e2e.md', () => undefined))
