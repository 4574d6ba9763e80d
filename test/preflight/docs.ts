// docs/preflight.md, from the table of checks. Rewrite it with: node test/run.mjs test/preflight/docs.ts
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Check } from '../../lib/preflight/check.ts'
import { CHECKS } from '../../lib/preflight/checks.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\n', ' ')

const row = (check: Check): string => {
  const { id, level, members, code, looksAt, sentence, remedy, permission, evidence, source } = check
  return `| ${[`\`${id}\``, `${level}, \`${code}\``, members.join(', '), looksAt, sentence, remedy, permission, `${evidence}: ${source}`].map(cell).join(' | ')} |`
}

const table = (level: Check['level']): string => {
  const head = ['Check', 'Level, code', 'Members', 'Looks at', 'Sentence', 'Remedy', 'Permission', 'Evidence']
  const rows = CHECKS.filter((check) => check.level === level).map(row)
  return [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...rows].join('\n')
}

/** The page as it must stand in docs/preflight.md. */
export const preflightDocs = (): string => `# Pre-flight checks

<!-- Generated from lib/preflight/: node test/run.mjs test/preflight/docs.ts -->

On every Create and Update, before anything is written to a pool, the settings that the pool would get are compared with what Amazon SES says in the Region of \`SourceArn\`.
An **error** fails the request under \`Preflight: ENFORCE\`; under \`WARN\`, and in a rollback to settings that worked before, it is a warning. A **warning** never fails anything: it stands in
\`Data.Warnings\` and in the log, the most important first. \`SKIP\` asks SES nothing. A finding in which no member that a binding declares has a part, such as a
\`From\` that stood there before, is a warning whatever its level: the column *Members* says which have one.

A finding reads \`<sentence>; <remedy>.\` Words in {braces} are filled in, shortened to 100 characters, control characters made visible. {instead} is empty where there is nothing to suggest; {wanted}, {exempt} and {holds} name what would be right.
Every read is asked once for all pools of a request. *Permission* is what the provider's role needs for the look.
*Evidence*: **measured** means seen on AWS by whoever is named, **documented** by AWS, **inferred** neither.

Not looked at: tenants, S/MIME, archiving, Amazon Cognito's delivery log.

## Errors

${table('error')}

## Warnings

${table('warning')}
`

// Only when run by itself: jest imports this file too.
const [, self] = process.argv
if (self?.endsWith('preflight/docs.ts')) writeFileSync(join(dirname(self), '../../docs/preflight.md'), preflightDocs())
