// The options of esbuild that more than one build shares. CommonJS, because jest loads this too.

/** Everything that is built here runs on Node, from the oldest that Lambda has on. */
const forNode = { bundle: true, platform: 'node', target: 'node20', logLevel: 'warning' }

/** A file that is shipped: one CommonJS file that needs no node_modules. */
exports.shipped = { ...forNode, format: 'cjs', minify: true, mainFields: ['module', 'main'], legalComments: 'none' }

/** TypeScript of this repository, to be run here at once: packages come from node_modules. */
exports.runnable = { ...forNode, format: 'esm', packages: 'external' }

/** As somebody bundles who sets nothing, and as CDK's NodejsFunction does: what the bench compares with. */
exports.plain = { ...forNode, format: 'cjs', minify: true }
