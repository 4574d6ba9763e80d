/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/test/e2e/'],
  // npm run mutate has a copy of the tree there, while it runs.
  modulePathIgnorePatterns: ['<rootDir>/.stryker-tmp/'],
  // On two cores: those that go through the bundle wait for processes, not for a core.
  maxWorkers: 4,
  // For a machine that is busy with other things; a test that hangs still ends.
  testTimeout: 60_000,
  transform: { '\\.ts$': '<rootDir>/test/transform.cjs' },
  globalSetup: '<rootDir>/test/global-setup.mjs',
  // The SDK announces that Node 20 will not be supported from 2027 on; that is for whoever deploys, not for a test's output.
  setupFiles: ['<rootDir>/test/quiet-sdk.cjs'],
  // What runs in jest's own process: the bundle and the command line run in others.
  collectCoverageFrom: ['lib/**/*.ts', 'handler/**/*.ts', '!handler/aws/stand-ins/**'],
}
