// The stage of the tests, but in virtual time and in this process, so that a mutant is seen and nothing waits.
export * from '../stage.ts'
export { openVirtualStage as openStage } from '../virtual/stage.ts'
