// Mutation testing of the core (npm run mutate): which files are mutated, and which tests must notice.
/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: ['lib/**/*.ts'],
  testRunner: 'jest',
  plugins: [process.env.STRYKER_JEST_RUNNER],
  jest: { projectType: 'custom', configFile: 'test/mutate/jest.config.cjs', enableFindRelatedTests: false },
  coverageAnalysis: 'perTest',
  // A mutant that changes no decision, only a sentence, is not worth a test: what sentences must say, tests ask for by pattern.
  mutator: { excludedMutations: ['StringLiteral', 'Regex'] },
  ignoreStatic: true,
  // TypeScript 7 has no API that Stryker could rewrite the configuration with; the tests need none, esbuild strips the types.
  tsconfigFile: 'none.json',
  disableTypeChecks: false,
  ignorePatterns: ['dist', '.venv', 'coverage', '.ci'],
  tempDirName: '.stryker-tmp',
  concurrency: 2,
  timeoutMS: 30_000,
  reporters: ['clear-text', 'progress', 'json', 'html'],
  clearTextReporter: { allowColor: false, logTests: false },
  htmlReporter: { fileName: 'coverage/mutation.html' },
  jsonReporter: { fileName: 'coverage/mutation.json' },
  thresholds: { high: 95, low: 85, break: 85 },
}
