// What the Lambda's bundle has instead of parts of the SDK. Every row must be met in a build: if one is not, the SDK has changed and the build fails.
// In brackets what a row saves: KB of the bundle, and ms of processor time to the first answer (Node 24, SDK 3.1169.0, November 2026).
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const fileHere = (name) => fileURLToPath(new URL(name, import.meta.url))

/** Imports that are answered with a file of this folder. What such a file lacks is an error of the build, by its name. */
const REPLACED_IMPORTS = [
  // A Lambda has credentials in its environment and nowhere else: no profiles, no SSO, no IMDS. (119 KB, 13 ms)
  { filter: /^@aws-sdk\/credential-provider-node$/, file: 'credentials.ts' },
  // Nor has it a ~/.aws with settings. (2 KB, 5 ms)
  { filter: /shared-ini-file-loader\/loadSharedConfigFiles$/, file: 'shared-config-files.ts' },
  // The SDK's own protocols: every client is given ours (../raw-json.ts). (47 KB, 4 ms)
  { filter: /^@aws-sdk\/(core\/protocols|dynamodb-codec)$/, file: 'protocols.ts' },
  // DynamoDB in AWS needs no endpoint discovery. (8 KB, 1 ms)
  { filter: /^@aws-sdk\/middleware-endpoint-discovery$/, file: 'middleware-endpoint-discovery.ts' },
  // Every call is signed for one Region. (4 KB, 1 ms)
  { filter: /^@aws-sdk\/signature-v4-multi-region$/, file: 'signature-v4-multi-region.ts' },
]

/** Modules of which nothing is ever called: their functions and classes throw. What else such a module exports is an error of the build. */
const HOLLOW_MODULES = [
  // It imports the streams of events by name, and that keeps esbuild from joining 170 modules into one scope. (4 KB, 4 ms)
  '@smithy/core/dist-es/submodules/protocols/HttpProtocol.js',
  // Node has a SHA-256 of its own. (3 KB, 2 ms)
  '@smithy/core/dist-es/submodules/checksum/sha256/Sha256Js.js',
  // Every client is given a strategy (../client-settings.ts). (6 KB, 2 ms)
  '@smithy/core/dist-es/submodules/retry/util-retry/AdaptiveRetryStrategy.js',
  '@smithy/core/dist-es/submodules/retry/util-retry/StandardRetryStrategy.js',
]

const hollow = (path) =>
  [...readFileSync(path, 'utf8').matchAll(/^export (?:class|const|(?:async )?function) (\w+)/gm)]
    .map(([, name]) => `export function ${name}() { throw new Error('${name} is not in the bundle') }`)
    .join('\n')

const OPERATION = 9

/**
 * A client's schemas without what goes in and comes out of a call: only the SDK's own protocols look at that, and errors need no class
 * of their own. Made of the values that the package exports, so an import that this leaves out is an error of the build. (97 KB, 16 ms)
 */
export const operationsOnly = (path) => {
  const [, client] = path.match(/(@aws-sdk\/client-[^/]+)/)
  const operations = Object.entries(require(client)).filter(([, value]) => Array.isArray(value) && value[0] === OPERATION)
  return [
    'export const errorTypeRegistries = []',
    ...operations.map(([name, [kind, namespace, call, traits]]) => {
      const schema = [kind, namespace, call, traits, 'unit', 'unit']
      return `export const ${name} = ${JSON.stringify(schema)}`
    }),
  ].join('\n')
}

/** Modules that are loaded as other text. */
const REPLACED_MODULES = [
  { filter: /@aws-sdk\/client-[^/]+\/dist-es\/schemas\/schemas_0\.js$/, contents: operationsOnly },
  // The clients read their own version in their package.json, and nothing else of it. (6 KB, 1 ms)
  {
    filter: /@aws-sdk\/client-[^/]+\/package\.json$/,
    loader: 'json',
    contents: (path) => JSON.stringify({ version: require(path).version }),
  },
  ...HOLLOW_MODULES.map((module) => ({ filter: new RegExp(`${module.replace(/[.]/g, '\\.')}$`), contents: hollow })),
]

/** The plugin of esbuild. */
export const lambdaOnly = {
  name: 'lambda-only',
  setup(build) {
    const unmet = new Set([...REPLACED_IMPORTS, ...REPLACED_MODULES])
    for (const row of REPLACED_IMPORTS) {
      build.onResolve({ filter: row.filter }, () => {
        unmet.delete(row)
        return { path: fileHere(row.file) }
      })
    }
    for (const row of REPLACED_MODULES) {
      build.onLoad({ filter: row.filter }, ({ path }) => {
        unmet.delete(row)
        return { contents: row.contents(path), loader: row.loader ?? 'js' }
      })
    }
    build.onEnd(() => ({
      errors: [...unmet].map(({ filter }) => ({ text: `${filter} meets nothing any more: see handler/aws/stand-ins/lambda-only.mjs` })),
    }))
  },
}
