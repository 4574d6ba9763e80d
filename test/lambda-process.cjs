// The process in which the bundle runs, as Lambda would run it: the file from dist, events as JSON, AWS over HTTP only.
const { readFileSync } = require('node:fs')
const { createRequire, wrap } = require('node:module')
const { dirname } = require('node:path')
const { constants, Script } = require('node:vm')

const bundle = require.resolve(process.env.BUNDLE ?? '../dist/index.js')
const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
/** Compiled once, evaluated for each environment. */
const script = new Script(wrap(readFileSync(bundle, 'utf8')), { filename: bundle, importModuleDynamically })
const load = () => {
  const module = { exports: {} }
  script.runInThisContext().call(module.exports, module.exports, createRequire(bundle), module, bundle, dirname(bundle))
  return module.exports.handler
}

let handler = load()

/** Another environment, and a handler that knows nothing of the one before. */
const renew = (environment) => {
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(environment, name)) delete process.env[name]
  Object.assign(process.env, environment)
  handler = load()
}

process.on('message', async ({ id, event, context, environment, mark }) => {
  if (environment) {
    renew(environment)
    process.stdout.write(`${mark}\n`, () => process.send({ ready: true }))
    return
  }
  const deadline = Date.now() + context.remainingMs
  const invocation = { ...context, getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()) }
  const outcome = await handler(event, invocation).then(
    (result) => ({ result: result ?? null }),
    (error) => ({ error: String(error?.message ?? error) }),
  )
  process.send({ id, ...outcome, maxRssKb: process.resourceUsage().maxRSS })
  process.stdout.write(`-- end ${id}\n`) // Only then has the whole log arrived.
})
process.send({ ready: true })
