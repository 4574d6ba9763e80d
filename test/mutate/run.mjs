// npm run mutate [-- --mutate lib/pool/layers.ts]: installs Stryker and mocha once, beside the project's own packages, and runs Stryker.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { survivors } from './survivors.mjs'

/** The last that runs on Node 20. */
const VERSION = '9.6.1'
const PACKAGES = [...['core', 'mocha-runner'].map((name) => `@stryker-mutator/${name}@${VERSION}`), 'mocha@11.7.5']

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = `${root}node_modules/.cache/stryker-${VERSION}`
const stryker = `${folder}/node_modules/@stryker-mutator`

const run = (program, args, options) => spawnSync(program, args, { stdio: 'inherit', ...options }).status ?? 1

if (!existsSync(`${stryker}/mocha-runner/package.json`)) {
  process.stdout.write(`Installing ${PACKAGES.join(' and ')} into node_modules/.cache: once, about half a minute\n`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/package.json`, '{ "private": true }\n')
  const npm = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--silent', '--save-exact', ...PACKAGES]
  if (run('npm', npm, { cwd: folder }) !== 0) {
    process.stderr.write('npm run mutate: Stryker could not be installed; see above.\n')
    process.exit(1)
  }
}
const report = `${root}coverage/mutation.json`
rmSync(report, { force: true })
const status = run(
  process.execPath,
  [`${stryker}/core/bin/stryker.js`, 'run', 'test/mutate/stryker.config.mjs', ...process.argv.slice(2)],
  {
    cwd: root,
    env: { ...process.env, STRYKER_MOCHA_RUNNER: `${stryker}/mocha-runner/dist/src/index.js` },
  },
)
if (!existsSync(report)) process.exit(status || 1)
const { unexplained, explained, gone } = survivors(
  JSON.parse(readFileSync(report, 'utf8')),
  process.argv.some((argument) => /\.ts:\d/.test(argument)),
)
const say = (line) => process.stdout.write(`${line}\n`)
say(`\nSurvived with a reason in test/mutate/survivors: ${explained}. Without one: ${unexplained.length}.`)
for (const { name, line } of unexplained) say(`${name}   (line ${line})`)
if (gone.length > 0) say(`\nReasons for mutants that are gone: ${gone.length}.`)
for (const name of gone) say(name)
process.exit(status || Number(unexplained.length + gone.length > 0))
