// TypeScript for jest: esbuild strips the types, CommonJS so that jest can load it.
const { transformSync } = require('esbuild')
const { runnable } = require('../infra/esbuild-options.cjs')

module.exports = {
  process: (source, path) =>
    transformSync(source, { loader: 'ts', format: 'cjs', target: runnable.target, sourcemap: 'inline', sourcefile: path }),
}
