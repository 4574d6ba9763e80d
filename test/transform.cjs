// TypeScript for jest: esbuild strips the types, CommonJS so that jest can load it.
const { transformSync } = require('esbuild')

module.exports = {
  process: (source, path) =>
    transformSync(source, { loader: 'ts', format: 'cjs', target: 'node20', sourcemap: 'inline', sourcefile: path }),
}
