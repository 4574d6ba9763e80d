// One cold start: loads the file, plays it one event, and says what the clock and the processor said when each was over.
// The clock is the machine's monotonic one, which all processes share; processor time is that of all threads since the process began.
const { writeSync } = require('node:fs')
const moment = () => {
  const { user, system } = process.cpuUsage()
  return { at: String(process.hrtime.bigint()), cpuMs: (user + system) / 1_000 }
}
const { handler } = require(process.env.BUNDLE)
const loaded = moment()

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
  () => end({ loaded, answered: moment() }),
  (error) => end({ error: String(error?.message ?? error) }),
)
