// Where npm run test:e2e has put what the tests run on, or why it is not there.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from '@jest/globals'

type Part = 'dynoxide' | 'emulator' | 'java' | 'nodes' | 'policy' | 'runtime'

/** What takes minutes, and runs with --all only. */
const SLOW: readonly Part[] = ['dynoxide', 'nodes']

/** The folder of a part. */
export const folderOf = (part: Part): string => join(process.cwd(), '.cache/e2e', part)

/** Whether what takes minutes was asked for. */
export const wantsAll = process.env['E2E_ALL'] === '1'

const whyMissing = (part: Part): string | undefined => {
  if (SLOW.includes(part) && !wantsAll) return 'it takes minutes: npm run test:e2e -- --all'
  const failures: Readonly<Record<string, string>> = JSON.parse(process.env['E2E_MISSING'] ?? '{}')
  if (failures[part]) return failures[part]
  return existsSync(`${folderOf(part)}.sha256`) ? undefined : 'run npm run test:e2e, which installs it'
}

/** A describe block on these parts. Without one of them it is skipped, and says why. */
export const describeWith = (parts: readonly Part[], name: string, tell: () => void): void => {
  const missing = parts.flatMap((part) => {
    const why = whyMissing(part)
    return why === undefined ? [] : [`no ${part}: ${why}`]
  })
  describe(name, missing.length === 0 ? tell : () => test.skip(`not run (${missing.join('; ')})`, () => undefined))
}
