// What @jest/globals gives the tests, on mocha: it keeps the modules loaded from one mutant to the next, so a mutant takes tenths of a second.
// expect and the tables of each() are jest's own parts.
const { expect } = require('expect')
const { bind } = require('jest-each')

/** What only the bundle has: its log, its settings, its deadlines, the clock on the wall, how it sends an answer again. */
const ONLY_THE_BUNDLE = [
  /SIGKILL/,
  /AllowTakeover false/,
  /lands after the watchdog/,
  /held for two seconds/,
  /: the Reason names it and/,
  /signed before the newest one/,
  /^over HTTP/,
  /is sent again until it is taken/,
  /^with any other, nothing is called/,
  /none of ours makes the handler throw/,
  /^anything else is no event/,
]
/** As in jest.config.cjs. */
const MS = 60_000

const { describe, it, before, after, beforeEach, afterEach } = globalThis

const unlessOnlyTheBundle = (register) => (title, run, ms) => {
  if (!ONLY_THE_BUNDLE.some((pattern) => pattern.test(title))) register(title, run, ms)
}
const suite = unlessOnlyTheBundle((title, run) => describe(title, () => void run()))
const test = unlessOnlyTheBundle((title, run, ms = MS) => it(title, () => run()).timeout(ms))
const hook = (register) => (run) => register(() => run())

module.exports = {
  expect,
  describe: Object.assign(suite, { each: bind(suite, false) }),
  test: Object.assign(test, { each: bind(test, false) }),
  beforeAll: hook(before),
  afterAll: hook(after),
  beforeEach: hook(beforeEach),
  afterEach: hook(afterEach),
}
