// A folder outside the repository with nothing in it but the package, installed from the tarball that npm pack makes.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(__dirname, '../..')

/** Where the CDK of this run is: the repository's own, the oldest that is supported, or that of test/construct/newest.mjs. */
export const cdkModules = process.env['CDK_MODULES'] ?? join(root, 'node_modules')

/** What the build does not read. The rest is copied, so that packing never writes into the dist/ that other tests use. */
const NOT_COPIED = new Set(['node_modules', 'dist', 'test', 'docs', 'coverage', '.git', '.venv'])

export type Consumer = {
  readonly folder: string
  /** Of the packed tarball. */
  readonly bytes: number
  /** The installed package. */
  readonly installed: string
  /** Gives the folder a package that its user would have installed, from this machine. */
  readonly link: (name: string, from?: string) => void
  /** Runs a program in the folder and gives what it printed. */
  readonly run: (program: string, ...options: readonly string[]) => string
  readonly remove: () => void
}

/** The npm that runs the tests, or the one on the PATH. */
const npm = (cwd: string, ...options: readonly string[]): void => {
  const program = process.env['npm_execpath']
  const [command, first] = program?.endsWith('.js') ? [process.execPath, [program]] : ['npm', []]
  execFileSync(command, [...first, ...options], { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Packs the working tree as a release would, and installs it. The registry is not asked: the package depends on nothing. */
export const installTarball = (): Consumer => {
  const place = realpathSync(mkdtempSync(join(tmpdir(), 'cognito-ses-binding-package-')))
  const [source, folder] = [join(place, 'source'), join(place, 'app')]
  for (const name of readdirSync(root).filter((name) => !NOT_COPIED.has(name)))
    cpSync(join(root, name), join(source, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(source, 'node_modules'))
  npm(source, 'pack', '--silent', '--pack-destination', place)
  const tarball = readdirSync(place).find((name) => name.endsWith('.tgz')) ?? ''
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  npm(folder, 'install', '--silent', '--offline', join(place, tarball))
  rmSync(source, { recursive: true })
  return {
    folder,
    bytes: statSync(join(place, tarball)).size,
    installed: join(folder, 'node_modules/cognito-ses-binding'),
    link: (name, from = join(root, 'node_modules')) => {
      mkdirSync(join(folder, 'node_modules', name, '..'), { recursive: true })
      symlinkSync(join(from, name), join(folder, 'node_modules', name))
    },
    run: (program, ...options) => {
      const { status, stdout, stderr } = spawnSync(program, options, { cwd: folder, encoding: 'utf8' })
      if (status !== 0)
        throw new Error(`${program} ${options.join(' ')} ended with ${status}:
${stdout}${stderr}`)
      return stdout
    },
    remove: () => rmSync(place, { recursive: true, force: true }),
  }
}
