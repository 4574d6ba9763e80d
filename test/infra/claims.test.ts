// docs/security.md claims no more than a test or a policy upholds.
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { at, flatten, provider } from './template.ts'

const page = readFileSync('docs/security.md', 'utf8')

/** Each row of a table "Claim | Upheld by". */
const claims = page
  .split('| Claim | Upheld by |\n|---|---|\n')
  .slice(1)
  .flatMap((table) =>
    table
      .slice(0, table.indexOf('\n\n'))
      .split('\n')
      .filter((row) => row.startsWith('|'))
      .map((row) => {
        const [, claim = '', references = ''] = row.split(' | ').join('|').split('|')
        return { claim: claim.trim(), references: references.trim().split(/; (?=`|policy|AWS|not tried)/) }
      }),
  )

const sids = new Set(flatten(provider).flatMap((value) => (typeof at(value, 'Sid') === 'string' ? [String(at(value, 'Sid'))] : [])))

/** What is wrong with a reference; undefined when it leads somewhere. */
const problemOf = (reference: string): string | undefined => {
  const [, sid] = /^policy `(\w+)`$/.exec(reference) ?? []
  if (sid !== undefined) return sids.has(sid) ? undefined : `no statement ${sid}`
  const [, file, title] = /^`(test\/[\w./-]+\.ts)`: (.+)$/.exec(reference) ?? []
  if (file === undefined || title === undefined) return 'neither a policy nor a test'
  if (!existsSync(file)) return `no file ${file}`
  // A title stands as it is in the file, between quotes; test.each may have a table before it.
  const isTitle = readFileSync(file, 'utf8')
    .split('\n')
    .some((line) => /^\s*(?:\]\)\(|(?:test|describe)\b.*)?['"`]/.test(line) && line.includes(title))
  return isTitle ? undefined : `no test "${title}" in ${file}`
}

test('there are claims, in each of the tables', () => {
  expect(claims.length).toBeGreaterThan(15)
  expect(page.match(/\| Claim \| Upheld by \|/g)).toHaveLength(4)
})

test.each(claims)('$claim', ({ references }) => {
  const own = references.filter((reference) => !reference.startsWith('AWS: ') && reference !== 'not tried')
  expect(own.flatMap((reference) => problemOf(reference) ?? [])).toEqual([])
  // What only AWS says is said to be that.
  if (references.some((reference) => reference.startsWith('AWS: '))) expect(references).toContain('not tried')
  else expect(own.length).toBeGreaterThan(0)
})

test('a policy in a document is JSON, and nobody is let in without a condition but services', () => {
  for (const file of ['docs/security.md', 'docs/organisation.md']) {
    const blocks = [...readFileSync(file, 'utf8').matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => JSON.parse(text ?? ''))
    for (const statement of blocks.flat()) {
      expect(statement).toMatchObject({ Effect: 'Allow', Condition: expect.any(Object) })
      expect(statement.Principal?.AWS).toBeUndefined()
    }
  }
})
