// The command line: what may stand on it, its help, and what is wrong with it. Flags of `plan` are the Lambda's own properties.
import { parseArgs } from 'node:util'
import { isRegion } from '../../lib/arn.ts'
import { PROPERTIES, parseProperties } from '../../lib/binding/properties.ts'
import { STATES, type State } from '../../lib/fleet/status.ts'
import type { JsonObject } from '../../lib/json.ts'
import { closest } from '../../lib/nearest.ts'
import { wrapped } from '../../lib/printable.ts'
import { Problem } from './problem.ts'

const OUTPUTS = { status: ['table', 'json', 'ndjson', 'csv'], plan: ['yaml', 'json'] } as const

type Common = {
  readonly pools: readonly string[]
  /** None: the one that the environment or the profile names. */
  readonly regions: readonly string[]
  readonly profile: string | undefined
  readonly output: (typeof OUTPUTS)['status' | 'plan'][number]
  readonly exitCode: boolean
}
export type StatusOptions = Common & { readonly command: 'status'; readonly only: readonly State[] }
export type PlanOptions = Common & { readonly command: 'plan' } & ReturnType<typeof wishOf>

/** ConfigurationSet → configuration-set */
const flagOf = (property: string): string => property.replace(/(?<!^)[A-Z]/g, '-$&').toLowerCase()

/** Those of the template itself, and the pools, are no flags. */
const NO_FLAGS = /^(?:UserPoolIds?|Service.*|Nonce|Preflight|EmailSendingAccount)$/
const WISHES = (Object.keys(PROPERTIES) as (keyof typeof PROPERTIES)[]).filter((name) => !NO_FLAGS.test(name))

type Flag = { readonly type: 'string' | 'boolean'; readonly short?: string; readonly multiple?: boolean }
const [TEXT, SWITCH] = [{ type: 'string' }, { type: 'boolean' }] as const satisfies readonly Flag[]
const COMMON: Readonly<Record<string, Flag>> = {
  ...{ region: { ...TEXT, multiple: true }, profile: TEXT, output: { ...TEXT, short: 'o' }, json: SWITCH, 'exit-code': SWITCH },
  ...{ help: { ...SWITCH, short: 'h' }, version: SWITCH },
}
const OWN: Readonly<Record<'status' | 'plan', Readonly<Record<string, Flag>>>> = {
  status: { only: TEXT },
  plan: { stack: TEXT, ...Object.fromEntries(WISHES.map((name) => [flagOf(name), PROPERTIES[name].type === 'flag' ? SWITCH : TEXT])) },
}
const FLAGS = { ...COMMON, ...OWN.status, ...OWN.plan }

/** A property's description, as of a flag: a switch has no value, and a command line is no YAML. */
const flagLine = (name: (typeof WISHES)[number]): string => {
  const { type, description } = PROPERTIES[name]
  const said = type === 'flag' ? description.replace(/^true /, '').replace(/ Default false\.$/, '') : description
  return `  --${flagOf(name).padEnd(26)}${wrapped(said.replace(/ \(without.*?\)|"/g, ''), 100, ' '.repeat(30))}`
}

const HELP = `What do your Cognito user pools send mail with, and who bound them? Reads; never writes.

  cognito-ses-binding status              every user pool of the Region
  cognito-ses-binding status POOL…        these, and all that is wrong: why does no mail arrive?
  cognito-ses-binding plan [POOL…] --configuration-set NAME …
                                          prints the template that binds them, and what it changes

POOL is an ID, a name, or a name with * in it. Without one, plan takes those that nobody binds and
that are on COGNITO_DEFAULT, and those of --stack.

Both
  --region R        where to look; status takes several. Default: AWS_REGION, or the profile's
  --profile P       credentials of this profile. Default: as the AWS SDK finds them
  -o, --output F    status: ${OUTPUTS.status.join(', ')}; plan: ${OUTPUTS.plan.join(', ')} (--json for short)
  --exit-code       2 where a pool that is shown needs attention, or plan leaves one out
status
  --only STATE,…    rows of these states: ${wrapped(STATES.join(', '), 80, ' '.repeat(20))}
plan
  --stack NAME      the template's stack: its own bindings are no conflict (default: pool-mail)
${WISHES.map(flagLine).join('\n')}

Exit status  0 done · 1 something could not be told · 2 with --exit-code: a pool that is shown needs
             attention, or plan left one out · 3 the command is wrong · 130 interrupted
Needs        cognito-idp:ListUserPools, DescribeUserPool · ses:GetAccount, GetEmailIdentity,
             GetConfigurationSet, GetConfigurationSetEventDestinations, GetDedicatedIpPool ·
             lambda:GetFunctionConfiguration · dynamodb:GetItem, Scan (infra/cli-policy.json).
             What is denied shows as ?, and is told once.
`

/** A Region's name becomes part of a host name. @throws Problem */
export const checkedRegion = (region: string): string => {
  if (isRegion(region)) return region
  throw new Problem(`Expected --region to be a Region, like eu-west-1; got ${JSON.stringify(region)}.`)
}

/** What a flag takes, for whoever gave it nothing. */
const EXPECTED: Readonly<Record<string, string>> = {
  only: ` Some of ${STATES.join(', ')}.`,
  output: ` status: ${OUTPUTS.status.join(', ')}; plan: ${OUTPUTS.plan.join(', ')}.`,
}

/** What node:util would take as it comes is judged here, in one place and in our words. @throws Problem */
const parsed = (args: readonly string[]) => {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: FLAGS,
    strict: false,
    tokens: true,
  })
  const seen = new Set<string>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const { name, rawName, value, inlineValue, index } = token
    const flag = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined
    if (!flag) throw new Problem(`Unknown flag ${rawName}; did you mean --${closest(name, Object.keys(FLAGS))}?`)
    if (flag.type === 'boolean') {
      if (inlineValue || /^(?:true|false)$/.test(args[index + 1] ?? '')) throw new Problem(`--${name} takes no value.`)
      continue
    }
    // What the Lambda judges has its own sentence for a text that is empty.
    const isEmpty = (Object.hasOwn(COMMON, name) || name === 'only') && /^[\s,]*$/.test(value ?? '')
    if (value === undefined || isEmpty || (!inlineValue && value.startsWith('-')))
      throw new Problem(`--${name} needs a value.${EXPECTED[name] ?? ''}`)
    if (seen.has(name) && !flag.multiple) throw new Problem(`--${name} is given twice; give it once.`)
    seen.add(name)
  }
  return { values, positionals }
}

/**
 * What the command line asks for.
 * @returns the text to print, or the options. @throws Problem
 */
export const readOptions = (args: readonly string[], version: string): StatusOptions | PlanOptions | string => {
  const flags = args.slice(0, args.includes('--') ? args.indexOf('--') : undefined)
  if (args.length === 0 || flags.includes('--help') || flags.includes('-h')) return HELP
  if (flags.includes('--version')) return `${version}\n`
  const { values, positionals } = parsed(args)
  const [command, ...pools] = positionals
  if (pools.includes('')) throw new Problem('A POOL is empty; give an ID, a name, or a name with * in it.')
  if (command === undefined) throw new Problem('Give a command: status or plan (--help tells more).')
  if (command !== 'status' && command !== 'plan')
    throw new Problem(`Unknown command ${command}; did you mean ${closest(command, Object.keys(OUTPUTS))}?`)
  const stray = Object.keys(values).find((flag) => !Object.hasOwn(COMMON, flag) && !Object.hasOwn(OWN[command], flag))
  if (stray !== undefined) throw new Problem(`--${stray} is no flag of ${command}, but of ${command === 'plan' ? 'status' : 'plan'}.`)
  const one = (name: string): string | undefined => (values[name] === undefined ? undefined : String(values[name]))
  const list = (name: string): string[] =>
    [values[name] ?? []].flat().flatMap((value) =>
      `${value}`
        .trim()
        .split(/\s*,\s*/)
        .filter(Boolean),
    )
  const asked = values['json'] === true ? 'json' : (one('output') ?? OUTPUTS[command][0])
  const output = OUTPUTS[command].find((known) => known === asked)
  if (!output) throw new Problem(`Expected --output of ${command} to be ${OUTPUTS[command].join(', ')}; got ${asked}.`)
  const regions = [...new Set(list('region'))].map(checkedRegion)
  const common = { pools, regions, profile: one('profile'), output, exitCode: values['exit-code'] === true }
  return command === 'status' ? { ...common, command, only: statesOf(list('only')) } : { ...common, command, ...wishOf(one, regions) }
}

const statesOf = (words: readonly string[]): State[] =>
  words.map((word) => {
    const state = STATES.find((known) => known === word)
    if (!state) throw new Problem(`Unknown state ${word}; did you mean ${closest(word, STATES)}?`)
    return state
  })

/** What `plan` is to declare, judged as the Lambda judges it. */
const wishOf = (one: (flag: string) => string | undefined, regions: readonly string[]) => {
  const given = WISHES.map((name) => [name, one(flagOf(name))] as const).filter(([, value]) => value !== undefined)
  const properties = Object.fromEntries(given) as JsonObject
  const read = parseProperties({ UserPoolId: 'us-east-1_x', ...properties })
  if (!read.ok) throw new Problem(read.message)
  if (regions.length > 1) throw new Problem('plan makes the template of one stack, and a stack is in one Region: give --region once.')
  const stack = one('stack') ?? 'pool-mail'
  if (!/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(stack)) {
    throw new Problem(`Expected --stack to be a stack's name: a letter, then letters, digits and -; got ${JSON.stringify(stack)}.`)
  }
  return { stack, properties, binding: read.binding }
}
