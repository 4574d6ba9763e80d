// Makes dist/cdk: the construct as one CommonJS file, with its types. aws-cdk-lib and constructs stay the user's own.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** TypeScript leaves the .ts of an import in a declaration; there is no such file in the package. */
const withoutTs = (text) => text.replace(/(from '\.\/[^']+)\.ts'/g, "$1.js'")

/** Copies a declaration and those that it imports; the declarations of internal modules stay out of the package. */
const copyDeclarations = (from, to, name) => {
  const text = withoutTs(readFileSync(join(from, `${name}.d.ts`), 'utf8'))
  writeFileSync(join(to, `${name}.d.ts`), text)
  for (const [, imported] of text.matchAll(/from '\.\/([^']+)\.js'/g)) copyDeclarations(from, to, imported)
}

/** Builds dist/cdk beside the template that the construct reads. */
export const buildConstruct = async () => {
  const out = join(root, 'dist/cdk')
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  await build({
    absWorkingDir: root,
    entryPoints: ['infra/cdk/index.ts'],
    outfile: join(out, 'index.js'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['aws-cdk-lib', 'constructs'],
    logLevel: 'warning',
  })
  const declarations = mkdtempSync(join(tmpdir(), 'cognito-ses-binding-types-'))
  try {
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const options = ['-p', join(root, 'infra/cdk/tsconfig.json'), '--outDir', declarations]
    execFileSync(process.execPath, [tsc, ...options], { cwd: root, stdio: 'inherit' })
    copyDeclarations(join(declarations, 'infra/cdk'), out, 'index')
  } finally {
    rmSync(declarations, { recursive: true, force: true })
  }
}
