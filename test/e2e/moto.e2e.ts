// The suite on a Cognito, SES and DynamoDB that others wrote, with CloudFormation played as documented.
import { startMoto } from './engine.ts'
import { lifecycleSuite } from './lifecycle-suite.ts'
import { playedTarget } from './played-target.ts'

const open = async () => {
  const moto = await startMoto()
  const target = await playedTarget({ cognito: moto.proxy.endpoint, ses: moto.proxy.endpoint, dynamodb: moto.proxy.endpoint })
  return {
    ...target,
    close: async () => {
      await target.close()
      await moto.close()
    },
  }
}

lifecycleSuite('on moto', open, { timeoutMs: 60_000, rollback: true, failedCreates: true })
