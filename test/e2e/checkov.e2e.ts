// A scanner for security finds nothing in the provider but what is suppressed there with a reason.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { installed } from './engine.ts'
import { TEMPLATE_FILE } from './provider-stack.ts'

const TIMEOUT_MS = 120_000

type Check = { readonly check_id: string; readonly resource: string; readonly check_result: { readonly suppress_comment?: string } }
type Report = {
  readonly passed_checks: readonly Check[]
  readonly failed_checks: readonly Check[]
  readonly skipped_checks: readonly Check[]
}

/** It would ask its makers for their guidelines: --skip-download keeps it on this machine. */
const scan = (file: string): Report => {
  const options = ['--framework', 'cloudformation', '--skip-download', '--compact', '--output', 'json', '--file', file]
  const { stdout, stderr } = spawnSync(installed('checkov'), options, { encoding: 'utf8' })
  if (!stdout.startsWith('{')) throw new Error(`checkov: ${stderr || stdout}`)
  return JSON.parse(stdout).results
}

const named = (checks: readonly Check[]): readonly string[] => checks.map((check) => `${check.resource} ${check.check_id}`).sort()

test(
  'the shipped provider has no finding, and each suppression has its reason',
  () => {
    const { passed_checks, failed_checks, skipped_checks } = scan(TEMPLATE_FILE)
    expect(named(failed_checks)).toEqual([])
    expect(named(skipped_checks)).toEqual([
      'AWS::DynamoDB::Table.Table CKV_AWS_119',
      'AWS::Lambda::Function.Function CKV_AWS_116',
      'AWS::Lambda::Function.Function CKV_AWS_117',
      'AWS::Lambda::Function.Function CKV_AWS_173',
    ])
    for (const { check_result } of skipped_checks) expect(check_result.suppress_comment).toMatch(/^.{20,}\.$/)
    expect(passed_checks.length).toBeGreaterThan(10)
  },
  TIMEOUT_MS,
)

test(
  'and it would find something',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'cognito-ses-binding-checkov-'))
    const file = join(folder, 'provider.json')
    const template = JSON.parse(readFileSync(TEMPLATE_FILE, 'utf8'))
    template.Resources.Table.Properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled = false
    writeFileSync(file, JSON.stringify(template))
    expect(named(scan(file).failed_checks)).toEqual(['AWS::DynamoDB::Table.Table CKV_AWS_28'])
    rmSync(folder, { recursive: true })
  },
  TIMEOUT_MS,
)
