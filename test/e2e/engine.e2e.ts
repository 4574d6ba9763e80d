// The suite through a CloudFormation that others wrote, from the shipped provider template.
import { engineTarget } from './engine-target.ts'
import { lifecycleSuite } from './lifecycle-suite.ts'

const open = async () => {
  const target = await engineTarget()
  return {
    ...target,
    // The end of a run on AWS costs money when it fails: it is tried here.
    close: async () => {
      try {
        await target.cleanUp()
      } finally {
        await target.close()
      }
    },
  }
}

lifecycleSuite('through ministack’s CloudFormation, on moto', open, {
  timeoutMs: 60_000,
  rollback: 'ministack 1.4 sends no rollback Update',
  failedCreates: 'ministack 1.4 sends no Delete after a failed Create',
})
