// When, where and from what something was measured.
import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem, type } from 'node:os'

export type Occasion = {
  readonly date: string
  /** Of the checkout; with a + when what was measured differs from it. */
  readonly commit: string
  readonly node: string
  readonly machine: string
  /** Processes that wanted a processor in the minute before. */
  readonly load: number
}

const git = (root: string, ...args: readonly string[]): string | undefined => {
  try {
    return execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined // Not a checkout, or no git.
  }
}

const commitOf = (root: string): string => {
  const commit = git(root, 'rev-parse', '--short=10', 'HEAD')
  if (commit === undefined) return 'unknown'
  return git(root, 'status', '--porcelain', '--', 'handler', 'lib', 'build.mjs', 'package-lock.json') ? `${commit}+` : commit
}

export const occasionOf = (root: string, now: Date): Occasion => {
  const processors = cpus()
  return {
    date: now.toISOString().slice(0, 10),
    commit: commitOf(root),
    node: process.version,
    machine: `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()} ${release()}`,
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  }
}
