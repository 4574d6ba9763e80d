// The process in which the bundle runs, as Lambda would run it: the file from dist, events as JSON, AWS over HTTP only.
const { handler } = require(process.env.BUNDLE ?? '../dist/index.js')

process.on('message', async ({ id, event, context }) => {
  const deadline = Date.now() + context.remainingMs
  const invocation = { ...context, getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()) }
  try {
    const result = await handler(event, invocation)
    process.send({ id, result: result ?? null, maxRssKb: process.resourceUsage().maxRSS })
  } catch (error) {
    process.send({ id, error: String(error?.message ?? error), maxRssKb: process.resourceUsage().maxRSS })
  }
})
process.send({ ready: true })
