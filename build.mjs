// Builds dist/index.js, the whole function in one CommonJS file, small enough to start fast; its template; and the command line.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { lambdaOnly } from './handler/aws/stand-ins/lambda-only.mjs'
import { buildCli } from './infra/build-cli.mjs'
import { buildConstruct } from './infra/build-construct.mjs'
import { providerTemplate } from './infra/build-template.mjs'
import { shipped } from './infra/esbuild-options.cjs'
import { inventory } from './infra/inventory.mjs'

const BUDGET_KB = 250
const quiet = process.argv.includes('--quiet')
const root = new URL('.', import.meta.url).pathname

const result = await build({
  absWorkingDir: root,
  entryPoints: ['handler/index.ts'],
  outfile: 'dist/index.js',
  ...shipped,
  supported: {
    // CloudFormation reads ${Name} in an inlined function as a substitution: no template literal may reach the file.
    'template-literal': false,
    // `import('node:http')` in CommonJS boots Node's loader of ES modules; require does not. (17 ms of processor time to the first answer)
    'dynamic-import': false,
  },
  plugins: [lambdaOnly],
  metafile: true,
})

mkdirSync(`${root}dist`, { recursive: true })
writeFileSync(`${root}dist/meta.json`, JSON.stringify(result.metafile))
const code = readFileSync(`${root}dist/index.js`)
const kb = (bytes) => Math.round(bytes / 1024)
const size = kb(code.length)
if (!quiet) process.stdout.write(`dist/index.js  ${size} KB, ${kb(gzipSync(code).length)} KB zipped (budget ${BUDGET_KB} KB)\n`)
if (size > BUDGET_KB) {
  process.stderr.write(`dist/index.js is ${size} KB, over its budget of ${BUDGET_KB} KB: see dist/meta.json for what grew\n`)
  process.exit(1)
}

const cli = await buildCli(root)
if (!quiet) process.stdout.write(`dist/cli.js  ${cli.size} KB (budget ${cli.budget} KB)\n`)

const { thirdParty, bom } = inventory([result.metafile, cli.metafile])
writeFileSync(`${root}dist/THIRD-PARTY.txt`, thirdParty)
writeFileSync(`${root}dist/bom.cdx.json`, bom)
if (!quiet) process.stdout.write(`dist/THIRD-PARTY.txt, dist/bom.cdx.json  ${JSON.parse(bom).components.length} packages of others\n`)

const template = providerTemplate(code.toString())
writeFileSync(`${root}dist/provider.template.json`, template)
if (!quiet) {
  const sha256 = createHash('sha256').update(template).digest('hex')
  process.stdout.write(`dist/provider.template.json  ${kb(Buffer.byteLength(template))} KB, SHA-256 ${sha256}\n`)
}

if (!quiet) await buildConstruct()
