// What the end-to-end tests run on beside Python's emulators: each part from its registry, at a pinned version, into .cache/e2e.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const cache = fileURLToPath(new URL('../../../.cache/e2e/', import.meta.url))

const EMULATOR = 'github.com/aws/aws-lambda-runtime-interface-emulator'

/** Runs a program; its output is shown only when it fails. */
const run = (program, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    const output = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk))
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`${program} ${args.join(' ')} ended with ${code}:\n${Buffer.concat(output).toString().slice(-4_000)}`)),
    )
  })

const works = (program, ...args) =>
  run(program, args).then(
    () => true,
    () => false,
  )

/** npm checks what it gets against the lock file. @param scripts whether a package builds something */
const npmPart = (name, { scripts = false } = {}) => ({
  inputs: [`${name}/package.json`, `${name}/package-lock.json`],
  install: async (into) => {
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(`${here}${name}/${file}`, `${into}/${file}`)
    await run('npm', ['ci', '--no-audit', '--no-fund', ...(scripts ? [] : ['--ignore-scripts'])], { cwd: into })
  },
})

/** `files`: the tests that need it. `needs`: programs that must be there, each with arguments that do nothing. */
export const PARTS = {
  policy: { ...npmPart('policy'), files: ['iam'], needs: [] },
  runtime: {
    ...npmPart('runtime', { scripts: true }),
    files: ['runtime'],
    needs: [
      ['make', '--version'],
      ['g++', '--version'],
      ['cmake', '--version'],
    ],
    about: 'AWS’s Lambda runtime client, built here',
  },
  emulator: {
    inputs: [],
    version: 'v0.0.0-20261030222936-bef5c4ba774d',
    files: ['runtime'],
    needs: [['go', 'version']],
    about: 'AWS’s runtime interface emulator, built here',
    // Go checks modules against its checksum database.
    install: (into, { version }) =>
      run('go', ['install', `${EMULATOR}/cmd/aws-lambda-rie@${version}`], { env: { ...process.env, GOBIN: into } }),
  },
  java: {
    inputs: ['java/pom.xml', 'java/SHA256SUMS'],
    files: ['rule'],
    needs: [
      ['java', '-version'],
      ['mvn', '--version'],
    ],
    about: 'EventBridge’s matcher',
    install: async (into) => {
      await run('mvn', ['-q', '-B', '-C', '-f', `${here}java/pom.xml`, 'dependency:copy-dependencies', `-DoutputDirectory=${into}`])
      const found = readdirSync(into).map(
        (jar) =>
          `${createHash('sha256')
            .update(readFileSync(`${into}/${jar}`))
            .digest('hex')}  ${jar}\n`,
      )
      if (found.sort().join('') !== readFileSync(`${here}java/SHA256SUMS`, 'utf8'))
        throw new Error(`the jars are not those of SHA256SUMS:\n${found.join('')}`)
    },
  },
  nodes: { ...npmPart('nodes'), files: ['runtime'], needs: [], slow: true },
  dynoxide: {
    inputs: [],
    version: '3.2.0',
    files: ['table'],
    needs: [['cargo', '--version']],
    slow: true,
    about: 'a DynamoDB in Rust, built here: three minutes',
    // Cargo checks crates against the registry's index, and --locked holds their versions.
    install: (into, { version }) =>
      run('cargo', [
        ...['install', 'dynoxide-rs', '--version', version, '--locked', '--root', into],
        ...['--no-default-features', '--features', 'native-sqlite,http-server,cli'],
      ]),
  },
}

const digestOf = ({ inputs, version = '' }) =>
  inputs.reduce((hash, file) => hash.update(readFileSync(`${here}${file}`)), createHash('sha256').update(version)).digest('hex')

const installPart = async (name, part) => {
  const [folder, stamp, digest] = [`${cache}${name}`, `${cache}${name}.sha256`, digestOf(part)]
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return
  for (const [program, ...args] of part.needs) {
    if (!(await works(program, ...args))) throw new Error(`${program} is missing`)
  }
  const start = Date.now()
  process.stdout.write(`Installing ${name}${part.about ? ` (${part.about})` : ''} into .cache/e2e, once\n`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await part.install(folder, part)
  writeFileSync(stamp, digest)
  process.stdout.write(`Installed ${name} in ${Math.round((Date.now() - start) / 1000)} s\n`)
}

/**
 * Installs the parts that these tests need, side by side.
 * @param patterns parts of file names, as given to jest; none for all files
 * @param withSlow whether also those that take minutes
 * @returns why a part is missing, by its name
 */
export const installTools = async (patterns, withSlow) => {
  const wanted = Object.entries(PARTS).filter(
    ([, { files, slow = false }]) =>
      (withSlow || !slow) &&
      (patterns.length === 0 || patterns.some((pattern) => files.some((file) => `test/e2e/${file}.e2e.ts`.includes(pattern)))),
  )
  const outcomes = await Promise.allSettled(wanted.map(([name, part]) => installPart(name, part)))
  return Object.fromEntries(
    outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [[wanted[index][0], outcome.reason.message]] : [])),
  )
}
