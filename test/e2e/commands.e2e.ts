// Every command of the AWS CLI in README, docs and examples: the CLI's own model knows the command and each of its options.
import { spawnSync } from 'node:child_process'
import { expect, test } from '@jest/globals'
import { commands } from '../infra/commands.ts'
import { installed } from './engine.ts'

const TIMEOUT_MS = 120_000

/** Only in version 2 of the CLI, which is not on PyPI. */
const VERSION_2 = new Set(['configure export-credentials'])

/** Says for each command line what the CLI does not know, or that it needs. Reads and writes JSON lists of lines. */
const JUDGE = `
import json, sys
from awscli.clidriver import create_clidriver

driver = create_clidriver()
services = driver._get_command_table()
everywhere = set(driver._get_argument_table()) | {'cli-read-timeout', 'max-items', 'starting-token', 'page-size'}

def below(command):
    return command.subcommand_table if hasattr(command, 'subcommand_table') else command._get_command_table()

def problems(line):
    words = line.split()[1:]
    options = [word[2:].split('=')[0] for word in words if word.startswith('--')]
    names = []
    for word in words:
        if word.startswith('-') or len(names) == (3 if names[1:] == ['wait'] else 2): break
        names.append(word)
    table, command = services, None
    for name in names:
        if name not in table: return ['no command ' + ' '.join(names)]
        command = table[name]
        try: table = below(command)
        except Exception: table = {}
    known = command.arg_table
    found = ['no option --' + name for name in options if name not in known and name not in everywhere]
    # A command that is only mentioned has no options at all.
    missing = [name for name, argument in known.items()
               if getattr(argument, 'required', False) and argument.cli_name.startswith('--') and name not in options]
    return found + (['needs --' + name for name in missing] if options else [])

json.dump([problems(line) for line in json.load(sys.stdin)], sys.stdout)
`

const judged = (lines: readonly string[]): readonly (readonly string[])[] => {
  const { stdout, stderr, status } = spawnSync(installed('python'), ['-c', JUDGE], { input: JSON.stringify(lines), encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

test(
  'is known, with all of its options and those that it needs',
  () => {
    const all = commands().filter(({ text }) => text.startsWith('aws ') && !VERSION_2.has(text.split(' ').slice(1, 3).join(' ')))
    expect(all.length).toBeGreaterThan(50)
    const problems = judged(all.map(({ text }) => text))
    const wrong = all.flatMap(({ file, text }, index) => (problems[index]?.length ? [{ file, text, problems: problems[index] }] : []))
    expect(wrong).toEqual([])
  },
  TIMEOUT_MS,
)

test(
  'and a wrong one would be found',
  () => {
    const lines = ['aws lambda invokee', 'aws dynamodb scan --tabel-name Q', 'aws cloudformation delete-stack --retain-resources Binding']
    expect(judged(lines)).toEqual([['no command lambda invokee'], ['no option --tabel-name', 'needs --table-name'], ['needs --stack-name']])
  },
  TIMEOUT_MS,
)
