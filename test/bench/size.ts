// How large the bundle is, and whose code it is made of.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { Metafile } from 'esbuild'
import type { Place } from './place.ts'
import type { Size } from './results.ts'

/** The package of a file of the bundle; of our own files, their folder. */
export const packageOf = (file: string): string =>
  file.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1] ?? file.match(/^(?:.*\/)?(handler|lib)\//)?.[1] ?? file

export const byPackage = (inputs: Metafile['outputs'][string]['inputs']): Size['packages'] => {
  const sums = new Map<string, { bytes: number; files: number }>()
  for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
    if (bytesInOutput === 0) continue
    const name = packageOf(file)
    const { bytes, files } = sums.get(name) ?? { bytes: 0, files: 0 }
    sums.set(name, { bytes: bytes + bytesInOutput, files: files + 1 })
  }
  return [...sums].map(([name, sum]) => ({ name, ...sum })).sort((a, b) => b.bytes - a.bytes)
}

/** The budget stands in build.mjs alone. */
const budgetOf = (source: string): number => {
  const kilobytes = source.match(/BUDGET_KB = (\d+)/)?.[1]
  if (kilobytes === undefined) throw new Error('build.mjs has no BUDGET_KB')
  return Number(kilobytes) * 1024
}

export const measureSize = async ({ root }: Place): Promise<Size> => {
  const code = readFileSync(`${root}/dist/index.js`)
  const { outputs } = JSON.parse(readFileSync(`${root}/dist/meta.json`, 'utf8')) as Metafile
  return {
    bytes: code.length,
    zippedBytes: gzipSync(code).length,
    budgetBytes: budgetOf(readFileSync(`${root}/build.mjs`, 'utf8')),
    packages: byPackage(outputs['dist/index.js']?.inputs ?? {}),
  }
}
