// One cold start: loads the file, plays it one event, and says when each was over. The clock is the machine's monotonic one, which all processes share.
const { writeSync } = require('node:fs')
const { handler } = require(process.env.BUNDLE)
const loaded = process.hrtime.bigint()
const cpu = process.cpuUsage()

const context = {
  awsRequestId: 'cold',
  invokedFunctionArn: process.env.FUNCTION_ARN,
  logStreamName: 'cold',
  getRemainingTimeInMillis: () => 30_000,
}
const end = (result) => {
  writeSync(3, JSON.stringify(result))
  process.exit(0)
}
handler(JSON.parse(process.env.EVENT), context).then(
  () => end({ loaded: String(loaded), answered: String(process.hrtime.bigint()), cpuUs: cpu.user + cpu.system }),
  (error) => end({ error: String(error?.message ?? error) }),
)
