// Builds dist/index.js: the whole function in one CommonJS file, small enough to start fast. Fails when it outgrows its budget.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { buildConstruct } from './infra/build-construct.mjs'
import { providerTemplate } from './infra/build-template.mjs'

const BUDGET_KB = 310
const quiet = process.argv.includes('--quiet')
const root = new URL('.', import.meta.url).pathname

/** A Lambda has its credentials in the environment and nowhere else; the SDK's chain of profiles, SSO and IMDS would be a third of the bundle. */
const credentialsFromEnvironmentOnly = {
  name: 'credentials-from-environment-only',
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, () => ({
      path: `${root}handler/aws/stand-ins/credentials.ts`,
    }))
  },
}

/** The clients import their own package.json for its version alone. */
const versionOnly = {
  name: 'sdk-version-only',
  setup(pluginBuild) {
    pluginBuild.onLoad({ filter: /@aws-sdk\/.*package\.json$/ }, ({ path }) => ({
      contents: JSON.stringify({ version: JSON.parse(readFileSync(path, 'utf8')).version }),
      loader: 'json',
    }))
  },
}

/**
 * The clients' schemas are tables with computed keys `{ [_h]: … }`, which no bundler may drop: with each constant put in place
 * of its name they are plain tables, and those of calls that nobody makes fall away (40 KB). An error needs no class of its own:
 * without one the SDK throws the service's base exception under the error's name, and the name is all that we look at (25 KB).
 */
const constantSchemaKeys = {
  name: 'constant-schema-keys',
  setup(pluginBuild) {
    pluginBuild.onLoad({ filter: /@aws-sdk\/client-[^/]+\/dist-es\/schemas\/schemas_0\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8')
      const constants = new Map([...source.matchAll(/^const (_\w+) = ("[^"\n]*");$/gm)].map(([, name, value]) => [name, value]))
      const contents = source
        .replace(/^const _\w+ = "[^"\n]*";$/gm, '')
        .replace(/^n0_registry\.registerError\(.*\);$/gm, '')
        .replace(/(?<![\w$."])_\w+(?![\w$"])/g, (name) => constants.get(name) ?? name)
      return { contents, loader: 'js' }
    })
  },
}

/** Parts of the clients that no call of ours reaches. */
const standIns = {
  name: 'stand-ins',
  setup(pluginBuild) {
    for (const name of ['middleware-endpoint-discovery', 'signature-v4-multi-region']) {
      pluginBuild.onResolve({ filter: new RegExp(`^@aws-sdk/${name}$`) }, () => ({ path: `${root}handler/aws/stand-ins/${name}.ts` }))
    }
  },
}

const result = await build({
  absWorkingDir: root,
  entryPoints: ['handler/index.ts'],
  outfile: 'dist/index.js',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  // CloudFormation reads ${Name} in an inlined function as a substitution: no template literal may reach the file.
  supported: { 'template-literal': false },
  // Imported by name, and only for calls that stream events: none of ours. Bundled, it drags 170 modules out of the reach of tree shaking (20 KB, 7 ms).
  external: ['@smithy/core/event-streams'],
  plugins: [credentialsFromEnvironmentOnly, versionOnly, standIns, constantSchemaKeys],
  metafile: true,
  logLevel: 'warning',
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

const template = providerTemplate(code.toString())
writeFileSync(`${root}dist/provider.template.json`, template)
if (!quiet) {
  const sha256 = createHash('sha256').update(template).digest('hex')
  process.stdout.write(`dist/provider.template.json  ${kb(Buffer.byteLength(template))} KB, SHA-256 ${sha256}\n`)
}

if (!quiet) await buildConstruct()
