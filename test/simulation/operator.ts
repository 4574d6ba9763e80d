// The operator: releases what a stack that is gone left behind, and looks at what came of it.
import { handleOperatorEvent } from '../../handler/operator-events.ts'
import { isObject } from '../../lib/json.ts'
import type { Launch } from './invocation.ts'
import type { Request } from './lambda.ts'
import type { Scheduler } from './scheduler.ts'
import type { Fault } from './steps.ts'

export type Operator = {
  /** `released` is called when the function says that nothing of the stack is left. */
  readonly release: (stackId: string, step: number, dryRun: boolean, released: () => void) => void
}

/** Types the command again after this long, when it failed or left something. */
const AGAIN_MS = 180_000
const MOST_TRIES = 3

export const createOperator = (
  launch: Launch<Request>,
  scheduler: Scheduler,
  faults: readonly Fault[],
  trace: ((line: string) => void) | undefined,
): Operator => {
  let invocations = 0
  const release = (stackId: string, step: number, dryRun: boolean, released: () => void, tries = 1): void => {
    const id = `release${step}.0.${invocations}`
    invocations += 1
    trace?.(`${id} starts: Release of ${stackId}${dryRun ? ', dry run' : ''}`)
    const again = (): void => {
      if (tries < MOST_TRIES) scheduler.at(scheduler.now() + AGAIN_MS, () => release(stackId, step, dryRun, released, tries + 1))
    }
    launch({
      id,
      request: undefined,
      operator: stackId,
      faults: faults.filter((one) => one.of === step && one.delivery === tries - 1),
      handle: (_, context, environment) =>
        handleOperatorEvent({ Operation: 'Release', StackId: stackId, DryRun: dryRun }, context, environment),
      done: (result) => {
        if (dryRun) return
        const [done, failed] = isObject(result) ? [result['Released'], result['Failed']] : []
        const isEmpty = (list: unknown): boolean => Array.isArray(list) && list.length === 0
        if (isEmpty(done) && isEmpty(failed)) released()
        else again()
      },
      failed: again,
    })
  }
  return { release: (stackId, step, dryRun, released) => release(stackId, step, dryRun, released) }
}
