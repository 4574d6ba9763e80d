// Runs the construct's tests with the newest aws-cdk-lib, or with --install only brings it. Those of npm test run with the oldest.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** npm ci removes it; npm's own cache then has the packages. */
const folder = `${root}node_modules/.cache/newest-cdk`
/** TypeScript 5 for apps with node10 resolution, which reads typesVersions and which TypeScript 7 no longer has. */
const packages = ['aws-cdk-lib@latest', 'constructs@10', 'typescript@5.9.3']

const run = (program, options, more = {}) => {
  const { status } = spawnSync(program, options, { cwd: root, stdio: 'inherit', ...more })
  if (status !== 0) process.exit(status ?? 1)
}

mkdirSync(folder, { recursive: true })
writeFileSync(`${folder}/package.json`, '{ "private": true }')
run('npm', ['install', '--silent', '--no-save', '--ignore-scripts', ...packages], { cwd: folder })
const { version } = JSON.parse(readFileSync(`${folder}/node_modules/aws-cdk-lib/package.json`, 'utf8'))
process.stdout.write(`The construct with aws-cdk-lib ${version}\n`)
if (process.argv.includes('--install')) process.exit()
run(process.execPath, ['node_modules/jest/bin/jest.js', '--config', 'test/construct/newest.config.cjs'], {
  env: { ...process.env, CDK_MODULES: `${folder}/node_modules` },
})
