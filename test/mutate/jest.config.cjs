/** The tests that run lib/ in their own process: a mutant is switched on there, and nothing is built. @type {import('jest').Config} */
module.exports = {
  ...require('../../jest.config.cjs'),
  rootDir: '../..',
  globalSetup: undefined,
  testSequencer: '<rootDir>/test/mutate/fast-first.cjs',
  testMatch: [
    '<rootDir>/test/ground/*.test.ts',
    '<rootDir>/test/pool/{layers,settings}.test.ts',
    '<rootDir>/test/binding/{properties,response}.test.ts',
    '<rootDir>/test/preflight/*.test.ts',
    '<rootDir>/test/handler/fuzz.test.ts',
    '<rootDir>/test/mutate/*.mutate.ts',
  ],
}
