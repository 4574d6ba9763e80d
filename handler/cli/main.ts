// The door for people: cognito-ses-binding status | plan. Finds who asks and where; what is said comes from the Lambda's own core.
import { setMaxListeners } from 'node:events'
import { loadSharedConfigFiles } from '@smithy/core/config'
import { ServiceError } from '../../lib/errors.ts'
import { serviceWords } from '../../lib/printable.ts'
import packageJson from '../../package.json'
import { systemClock } from '../clock.ts'
import { type Caller, callerIn, ownRegion, regionReader } from './account.ts'
import type { Sight } from './fleet.ts'
import { checkedRegion, readOptions } from './options.ts'
import { plan } from './plan.ts'
import { Problem } from './problem.ts'
import { type Out, progressOn, screenOf } from './screen.ts'
import { status } from './status.ts'

const { env, stdout, stderr } = process
const stop = new AbortController()
/** What an interrupt leaves, before there is anything to show. */
let left = 'nothing was read'
const progress = progressOn(stderr, systemClock.now)

const writing = (stream: NodeJS.WriteStream) => (text: string) => {
  progress.clear()
  if (text !== '') stream.write(`${text}\n`)
}

const tool = `${packageJson.name} ${packageJson.version}`
const out: Out = { tool, screen: screenOf(stdout), print: writing(stdout), tell: writing(stderr) }

/** Makes the environment say to the SDK what the AWS CLI would understand. */
const settleEnvironment = (profile: string | undefined): void => {
  env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
  process.removeAllListeners('warning')
  // The AWS CLI's name of it, which this SDK does not read.
  if (!env['AWS_REGION'] && env['AWS_DEFAULT_REGION']) env['AWS_REGION'] = env['AWS_DEFAULT_REGION']
  if (profile !== undefined) env['AWS_PROFILE'] = profile
  // The SDK goes by the profile where both are set, and says so on four lines each time.
  if (env['AWS_PROFILE']) for (const name of ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'SESSION_TOKEN']) delete env[`AWS_${name}`]
}

/** No answer, or a service that is ill: nobody's credentials. */
const isUnreachable = ({ status: answered, code }: ServiceError): boolean =>
  answered === undefined ? /^E[A-Z_]+$|Timeout/.test(code) : answered >= 500

/** What the SDK says of a profile that is missing is what it says of one without credentials. */
const isMissing = async (profile: string): Promise<boolean> => {
  const { configFile, credentialsFile } = await loadSharedConfigFiles().catch(() => ({ configFile: {}, credentialsFile: {} }))
  return !Object.hasOwn({ ...configFile, ...credentialsFile }, profile)
}

const withoutCaller = async (error: unknown, region: string): Promise<unknown> => {
  if (!(error instanceof ServiceError)) return error
  const profile = env['AWS_PROFILE']
  const said =
    profile && (await isMissing(profile))
      ? `there is no profile ${profile} in ${env['AWS_CONFIG_FILE'] ?? '~/.aws/config'}`
      : serviceWords(error.message)
  if (isUnreachable(error)) return new Problem(`${error.action} in ${region} failed (${error.code}): ${said}.`, 1)
  const where = profile ? ` in profile ${profile}` : ''
  const login = `aws sso login${profile ? ` --profile ${profile}` : ''}`
  const remedy = `Sign in (${login}), or set AWS_PROFILE or AWS_ACCESS_KEY_ID.`
  return new Problem(`No usable credentials${where} (${error.code}: ${said}). ${remedy}`, 1)
}

/** Who asks. A Region that is off takes nobody's credentials: then the others are asked. */
const callerInAny = async ([region = '', ...others]: readonly string[]): Promise<Caller> => {
  try {
    return await callerIn(region, stop.signal)
  } catch (error) {
    const mayBeOff = error instanceof ServiceError && (error.code === 'InvalidClientTokenId' || error.code === 'ENOTFOUND')
    if (mayBeOff && others.length > 0) return callerInAny(others).catch(async () => Promise.reject(await withoutCaller(error, region)))
    throw await withoutCaller(error, region)
  }
}

const main = async (): Promise<number> => {
  const options = readOptions(process.argv.slice(2), packageJson.version)
  if (typeof options === 'string') {
    stdout.write(options)
    return 0
  }
  if (options.command === 'plan') left = 'no template'
  settleEnvironment(options.profile)
  const own = await ownRegion()
  const regions = options.regions.length > 0 ? options.regions : [own].flatMap((region) => (region ? [checkedRegion(region)] : []))
  const [first] = regions
  if (first === undefined) throw new Problem('No Region is set: give --region, AWS_REGION, or a profile that has one.')
  const caller = await callerInAny([...new Set([...regions, ...(own ? [own] : [])])])
  const profile = env['AWS_PROFILE']
  out.tell([`account ${caller.account}`, regions.join(', '), ...(profile ? [`profile ${profile}`] : [])].join(' · '))
  const counts = new Map<string, string>()
  const onProgress: Sight['onProgress'] = (region, done, all) => {
    counts.set(region, `${region} ${done} of ${all}`)
    progress.show([...counts.values()].join(' · '))
  }
  const sight: Sight = { caller, signal: stop.signal, clock: systemClock, onProgress }
  if (options.command === 'plan') return plan(options, regionReader(first, systemClock), sight, out)
  const readers = regions.map((region) => regionReader(region, systemClock))
  return status(options, readers, sight, out)
}

// Whoever reads may go away, as head does; and whoever waits may have enough.
for (const stream of [stdout, stderr]) {
  stream.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1))
}
setMaxListeners(0, stop.signal)
process.once('SIGINT', () => stop.abort(new Error('interrupted')))
const failed = (error: unknown): number => {
  if (error instanceof Problem) out.tell(`cognito-ses-binding: ${error.message}`)
  else if (stop.signal.aborted) out.tell(`! interrupted: ${left}.`)
  else out.tell(`cognito-ses-binding: this is a bug, please report it: ${serviceWords(String(error))}.`)
  return error instanceof Problem ? error.status : stop.signal.aborted ? 130 : 1
}
const end = (code: number): void => {
  process.exitCode = code
}
main().then(end, (error: unknown) => end(failed(error)))
