// The command line of npm start: its options, its help, and what is wrong with it.
import { parseArgs } from 'node:util'
import type { World } from '../local-aws/cognito/state.ts'
import { Problem } from './problem.ts'

export type Options = {
  /** Event files in the order to send them; `-` is standard input. None: the story of test/events. */
  readonly files: readonly string[]
  readonly world: World
  /** The table of the caller's account: given with --aws, and only then. */
  readonly table: string | undefined
  readonly log: boolean
  /** Keeps the local AWS running, with a fleet. */
  readonly serve: boolean
  /** How many plain pools the fleet has besides. */
  readonly pools: number
  readonly help: boolean
}

export const HELP = `Runs dist/index.js as Lambda would, with events as CloudFormation sends them, and shows what came of each.

  npm start                         the story in test/events, against a local AWS on 127.0.0.1
  npm start -- FILE…                these events instead, in this order; - reads one from standard input
  npm start -- --aws --table NAME FILE…
                                    these events in your own account
  npm start -- --serve
                                    a local AWS with a fleet of user pools, for the command line (docs/cli.md)

Options
  --world reset|keep   what the local Cognito does with a setting that UpdateUserPool leaves out: it goes to its
                       default (reset, unless told), or it stays (keep)
  --log                shows the function's log lines too
  --aws                your real account: credentials and Region as the AWS SDK finds them (environment, profile, SSO …).
                       It changes user pools. The answer stays on this machine: CloudFormation hears nothing
  --table NAME         the DynamoDB table of the function (TABLE_NAME); needed with --aws. It is the output TableName of
                       the provider's stack; the last example shows how to find it
  --serve              keeps the local AWS running until Ctrl-C, and prints the environment that reaches it
  --pools N            with --serve: so many more pools, on COGNITO_DEFAULT
  --help               this text

A FILE is an event as CloudFormation sends it, or { "title", "event", "expect" } as in test/events.
  A plain event: its ResponseURL is replaced. User pools, configuration sets and identities that it names and the local
  AWS does not have are put there first, healthy, the pool as a copy of the rich one; partition, Region and account
  are those of its StackId. It is expected to be answered with SUCCESS.
  "event" may hold {{ResponseURL}}, {{UserPoolId}}, {{PhysicalResourceId}}, {{Region}} and {{AccountId}}; "again": FILE
  in place of "event" sends the very event of that file once more.
  "expect" may hold Status, Reason, PhysicalResourceId, Data (some of it), changed: { "EmailConfiguration.From":
  [before, after] } (all of it; null is absent) and callsAtMost: { "cognito": 3 }. A value is compared as it is, Reason
  and Warnings by a part of them, "/…/" as a regular expression.

Exit status
  0   every answer is as expected, nothing but EmailConfiguration has changed, and after the story the pool is as it was
  1   not so; what differs is shown
  2   the command or a file cannot be used

Examples
  npm start -- --world keep --log
  npm start -- test/events/01-create.json test/events/02-create-again.json
  npm start -- - < event.json
  AWS_PROFILE=staging npm start -- --aws --table cognito-ses-binding-Table-1ABCDEFGHIJKL create.json
  aws cloudformation describe-stacks --stack-name cognito-ses-binding --query 'Stacks[0].Outputs' --profile staging
`

export const readOptions = (args: readonly string[]): Options => {
  const { values, positionals } = parsed(args)
  const { world, aws = false, table, log = false, serve = false, pools = '0', help = false } = values
  const more = /^\d{1,5}$/.test(pools) ? Number(pools) : Number.NaN
  const options = { files: positionals, world: world === 'keep' ? world : 'reset', table, log, serve, pools: more, help } as const
  if (help) return options
  if (world !== undefined && world !== 'reset' && world !== 'keep') {
    throw new Problem(`Expected --world to be reset or keep; got "${world}".`)
  }
  if (Number.isNaN(more)) throw new Problem(`Expected --pools to be a number below 100000; got "${pools}".`)
  if (!serve && values.pools !== undefined) throw new Problem('--pools goes with --serve.')
  if (serve && (aws || table !== undefined || positionals.length > 0)) {
    throw new Problem('--serve stands alone: it plays no events, and needs no account.')
  }
  if (aws && world !== undefined) throw new Problem('--world is for the local AWS; leave it out with --aws.')
  if (aws && !table) {
    throw new Problem('--aws needs --table NAME: the DynamoDB table of the function (TableName of the provider stack).')
  }
  if (!aws && table !== undefined) throw new Problem('--table goes with --aws; the local AWS has a table of its own.')
  if (aws && positionals.length === 0) {
    throw new Problem('--aws needs a FILE: the events of test/events name a user pool that your account does not have.')
  }
  return options
}

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        world: { type: 'string' },
        aws: { type: 'boolean' },
        table: { type: 'string' },
        log: { type: 'boolean' },
        serve: { type: 'boolean' },
        pools: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    const [sentence] = String(error instanceof Error ? error.message : error).split(/\.\s/)
    throw new Problem(`${sentence?.replace(/\.$/, '')}. npm start -- --help tells the options.`)
  }
}
