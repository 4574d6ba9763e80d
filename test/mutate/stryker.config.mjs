// Mutation testing of the core (npm run mutate): all of lib/, every kind of mutant, and the tests that run lib/ in their own process.
/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: ['lib/**/*.ts'],
  buildCommand: 'node test/mutate/bundle.mjs',
  testRunner: 'mocha',
  plugins: [process.env.STRYKER_MOCHA_RUNNER],
  mochaOptions: { spec: ['test/mutate/tests.cjs'], 'no-config': true, 'no-package': true },
  coverageAnalysis: 'perTest',
  // TypeScript 7 has no API that Stryker could rewrite the configuration with; the tests need none, esbuild strips the types.
  tsconfigFile: 'none.json',
  disableTypeChecks: false,
  ignorePatterns: ['dist', '.venv', 'coverage', '.ci'],
  tempDirName: '.stryker-tmp',
  concurrency: 2,
  timeoutMS: 10_000,
  reporters: ['clear-text', 'progress', 'json', 'html'],
  clearTextReporter: { allowColor: false, reportTests: false, reportMutants: false },
  htmlReporter: { fileName: 'coverage/mutation.html' },
  jsonReporter: { fileName: 'coverage/mutation.json' },
  thresholds: { high: 95, low: 85, break: 85 },
}
