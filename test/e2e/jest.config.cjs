/** What npm run test:e2e runs. The files end in .e2e.ts, so npm test leaves them alone. @type {import('jest').Config} */
module.exports = {
  rootDir: '../..',
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/e2e/**/*.e2e.ts'],
  transform: { '\\.ts$': '<rootDir>/test/transform.cjs' },
  globalSetup: '<rootDir>/test/global-setup.mjs',
  // Most of the time is the emulators'.
  maxWorkers: 3,
  // As in npm test, some of whose tests run here too.
  testTimeout: 60_000,
  setupFiles: ['<rootDir>/test/quiet-sdk.cjs'],
}
