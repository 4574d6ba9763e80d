// npm run mutate [-- --mutate lib/pool/layers.ts]: installs Stryker once, beside the project's own packages (170 that nothing else needs), and runs it.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The last that runs on Node 20. */
const VERSION = '9.6.1'
const PACKAGES = ['core', 'jest-runner'].map((name) => `@stryker-mutator/${name}@${VERSION}`)

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = `${root}node_modules/.cache/stryker-${VERSION}`
const stryker = `${folder}/node_modules/@stryker-mutator`

const run = (program, args, options) => spawnSync(program, args, { stdio: 'inherit', ...options }).status ?? 1

if (!existsSync(`${stryker}/jest-runner/package.json`)) {
  process.stdout.write(`Installing ${PACKAGES.join(' and ')} into node_modules/.cache: once, about half a minute\n`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/package.json`, '{ "private": true }\n')
  const npm = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--silent', '--save-exact', ...PACKAGES]
  if (run('npm', npm, { cwd: folder }) !== 0) {
    process.stderr.write('npm run mutate: Stryker could not be installed; see above.\n')
    process.exit(1)
  }
}
process.exit(
  run(process.execPath, [`${stryker}/core/bin/stryker.js`, 'run', 'test/mutate/stryker.config.mjs', ...process.argv.slice(2)], {
    cwd: root,
    env: { FUZZ_RUNS: '100', ...process.env, STRYKER_JEST_RUNNER: `${stryker}/jest-runner/dist/src/index.js` },
  }),
)
