// npm run test:e2e: installs what the end-to-end tests run on when it is missing or stale, then runs them. --all: also what takes minutes.
// Other arguments go to jest.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { installTools } from './tools/install.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const requirements = 'test/e2e/requirements.txt'
/** What asks for other versions of the same packages: into a folder of its own. */
const models = 'test/e2e/requirements-models.txt'
const python = '.venv/bin/python'
const stamp = '.venv/requirements.sha256'

const run = (program, ...rest) =>
  new Promise((resolve) => {
    const child = spawn(program, rest, { cwd: root, stdio: 'inherit' })
    child.once('error', () => resolve(1))
    child.once('exit', (code) => resolve(code ?? 1))
  })
const says = (program, code) => spawnSync(program, ['-c', code], { cwd: root, encoding: 'utf8' })

const fail = (message) => {
  process.stderr.write(`npm run test:e2e: ${message}\n`)
  process.exit(1)
}

/** ministack, moto and cfn-lint ask for 3.10. PYTHON names another interpreter than python3. */
const findPython = () => {
  const program = process.env.PYTHON || 'python3'
  const version = says(program, 'import sys; print("%d.%d" % sys.version_info[:2]); sys.exit(sys.version_info < (3, 10))')
  if (version.error) fail(`${program} is missing. Install Python 3.10 or newer, or name one in the variable PYTHON.`)
  if (version.status !== 0)
    fail(`Expected Python 3.10 or newer, got ${version.stdout.trim()} of ${program}. Name another one in the variable PYTHON.`)
  if (says(program, 'import venv, ensurepip').status !== 0) {
    fail(`${program} has no venv with pip. Install it: on Debian and Ubuntu it is the package python3-venv.`)
  }
  return program
}

const install = async () => {
  const wanted = createHash('sha256')
    .update(readFileSync(`${root}${requirements}`))
    .update(readFileSync(`${root}${models}`))
    .digest('hex')
  const works = says(`${root}${python}`, 'import pip').status === 0
  if (works && existsSync(`${root}${stamp}`) && readFileSync(`${root}${stamp}`, 'utf8') === wanted) return
  const interpreter = works ? undefined : findPython()
  process.stdout.write(`Installing ${requirements} into .venv: once, a minute or two\n`)
  if (interpreter && (await run(interpreter, '-m', 'venv', '--clear', '.venv')) !== 0) fail('.venv could not be made; see above.')
  const pip = [`${root}${python}`, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
  if ((await run(...pip, '-r', requirements)) !== 0) fail(`the packages of ${requirements} could not be installed; see above.`)
  if ((await run(...pip, '--upgrade', '--target', '.venv/models', '-r', models)) !== 0) {
    fail(`the packages of ${models} could not be installed; see above.`)
  }
  writeFileSync(`${root}${stamp}`, wanted)
}

const withSlow = process.argv.includes('--all')
const forJest = process.argv.slice(2).filter((argument) => argument !== '--all')
/** What jest takes for a part of a file's name. */
const patterns = forJest.filter(
  (argument, index) => !argument.startsWith('-') && !/^(-t|--testNamePattern)$/.test(forJest[index - 1] ?? ''),
)

const [missing] = await Promise.all([installTools(patterns, withSlow), install()])
for (const [name, why] of Object.entries(missing)) process.stdout.write(`Skipped, because ${name} could not be installed: ${why}\n`)
// In CI nothing is left out in silence.
if (process.env.CI === 'true' && Object.keys(missing).length > 0) fail('in CI every part must be there; see above.')

process.env.E2E_MISSING = JSON.stringify(missing)
process.env.E2E_ALL = withSlow ? '1' : ''
const jest = fileURLToPath(new URL('../../node_modules/jest/bin/jest.js', import.meta.url))
process.exit(await run(process.execPath, jest, '--config', 'test/e2e/jest.config.cjs', ...forJest))
