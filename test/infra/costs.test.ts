// docs/costs.md adds up, and counts the metrics and alarms that there are.
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { at, byDefault, resourceNames } from './template.ts'

const page = readFileSync('docs/costs.md', 'utf8')
const rows = (heading: string): readonly (readonly string[])[] => {
  const section = page.slice(page.indexOf(heading))
  const table = section.slice(section.indexOf('\n|') + 1).split('\n\n')[0] ?? ''
  return table
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}
const cents = (usd: string | undefined): number => Math.round(Number(usd?.replaceAll('*', '')) * 100)
const monthly = rows('## 1,000 pools')
const price = (what: string): readonly string[] => monthly.find(([name]) => name === what) ?? []

test('the table of 1,000 pools adds up', () => {
  const sum = monthly.slice(0, -1).reduce((total, row) => total + cents(row[3]), 0)
  expect(cents(monthly.at(-1)?.[3])).toBe(sum)
})

test('so does each line by the number of pools, and the fixed part is that of the table', () => {
  const fixed = ['SQS, requests', 'CloudWatch, metrics by EMF', 'CloudWatch, alarms', 'CloudWatch, logs']
  for (const [pools, , lambda, table, rest, sum] of rows('## By the number of pools')) {
    expect([pools, cents(rest)]).toEqual([pools, fixed.reduce((total, name) => total + cents(price(name)[3]), 0)])
    expect([pools, cents(sum)]).toEqual([pools, cents(lambda) + cents(table) + cents(rest)])
  }
})

test('it counts the alarms of the template, and the metrics of drift.md', () => {
  const alarms = resourceNames(byDefault).filter((name) => at(byDefault, 'Resources', name, 'Type') === 'AWS::CloudWatch::Alarm')
  expect(Number(price('CloudWatch, alarms')[2])).toBe(alarms.length)
  const drift = readFileSync('docs/drift.md', 'utf8')
  const metrics =
    drift
      .slice(drift.indexOf('| Metric | Counts |'))
      .split('\n\n')[0]
      ?.match(/^\| `\w+`/gm) ?? []
  expect(Number(price('CloudWatch, metrics by EMF')[2])).toBe(metrics.length)
})
