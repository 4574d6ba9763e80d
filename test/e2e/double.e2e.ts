// The suite on our own local AWS: what holds there and not elsewhere is a fault of the double.
import { lifecycleSuite } from './lifecycle-suite.ts'
import { playedTarget } from './played-target.ts'

lifecycleSuite('on the embedded double', () => playedTarget(), { timeoutMs: 30_000, rollback: true, failedCreates: true })
