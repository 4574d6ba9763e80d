// The suite through ministack's CloudFormation, with an identity in moto's SES.
import { type DeployedTarget, deployedTarget } from './deployed-target.ts'
import { ACCOUNT, type Engine, REGION, startEngine } from './engine.ts'
import { UNCHECKED_SETTINGS } from './played-target.ts'
import { sesCall } from './signed-call.ts'

export type EngineTarget = DeployedTarget & {
  readonly engine: Engine
  /** Removes what was made, one by one, as a run on AWS ends; `close` alone ends the servers with all that is in them. */
  readonly cleanUp: () => Promise<void>
}

/** An engine with the provider deployed in it. */
export const engineTarget = async (): Promise<EngineTarget> => {
  const engine = await startEngine()
  try {
    await sesCall(engine.site, 'POST', 'identities', { EmailIdentity: 'example.com' })
    const identity = `arn:aws:ses:${REGION}:${ACCOUNT}:identity/example.com`
    const from = 'Sign in <no-reply@example.com>'
    const target = await deployedTarget({ site: engine.site, pollMs: 50, identity, from, moreSettings: UNCHECKED_SETTINGS })
    return {
      ...target,
      engine,
      cleanUp: target.close,
      close: engine.close,
    }
  } catch (error) {
    const log = engine.log()
    await engine.close()
    throw new Error(`${String(error)}\nThe engine's log ends with:\n${log.slice(-3_000)}`)
  }
}
