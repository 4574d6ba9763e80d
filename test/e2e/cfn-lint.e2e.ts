// AWS's own linter finds nothing in any template of ours, informational rules included.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { installed } from './engine.ts'
import { TEMPLATE_FILE } from './provider-stack.ts'

const TIMEOUT_MS = 60_000
const lint = (files: readonly string[]) => {
  const { stdout, stderr } = spawnSync(installed('cfn-lint'), ['--include-checks', 'I', '--format', 'parseable', '--', ...files], {
    encoding: 'utf8',
  })
  return { findings: stdout.split('\n').filter(Boolean), stderr }
}

test(
  'the provider, as it is written and as it is shipped, and every example are without findings',
  () => {
    const examples = readdirSync('infra/examples').map((file) => join('infra/examples', file))
    expect(examples.length).toBeGreaterThan(5)
    expect(lint(['infra/provider.yaml', TEMPLATE_FILE, ...examples])).toEqual({ findings: [], stderr: '' })
  },
  TIMEOUT_MS,
)

test(
  'and it would find something',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'cognito-ses-binding-lint-'))
    const file = join(folder, 'bare-set.yaml')
    writeFileSync(file, readFileSync('infra/examples/bare-set.yaml', 'utf8').replace('!Ref ConfigurationSet', '!Ref ConfigurationSett'))
    expect(lint([file]).findings.join()).toContain('ConfigurationSett')
    rmSync(folder, { recursive: true })
  },
  TIMEOUT_MS,
)
