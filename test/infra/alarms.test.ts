// Each alarm: what trips it, that it holds while its cause stays, and that the runbook has a section for it.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { at, byDefault, type JsonMap, mapAt, provider, resource, resourceNames, withParameters } from './template.ts'

const alarmNames = (template: JsonMap): readonly string[] =>
  resourceNames(template).filter((name) => at(template, 'Resources', name, 'Type') === 'AWS::CloudWatch::Alarm')

const runbook = readFileSync('docs/runbook.md', 'utf8')
/** The runbook's sections, by heading. */
const sections = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
)

/** Alarm, metric, and what the metric's source counts. One above nothing trips it. */
const TRIPS: Readonly<Record<string, string>> = {
  ErrorAlarm: 'AWS/Lambda Errors Sum',
  ThrottleAlarm: 'AWS/Lambda Throttles Sum',
  DroppedEventAlarm: 'AWS/Lambda AsyncEventsDropped Sum',
  ContestedAlarm: 'CognitoSesBinding Contested Maximum',
  RefusedAlarm: 'CognitoSesBinding Refused Maximum',
  FailedAlarm: 'CognitoSesBinding Failed Maximum',
  BrokenAlarm: 'CognitoSesBinding Broken Maximum',
  DeadLetterAlarm: 'AWS/SQS ApproximateNumberOfMessagesVisible Maximum',
  HintAlarm: 'AWS/Events FailedInvocations Sum',
  SweepAlarm: 'AWS/Events FailedInvocations Sum',
}

test('there is an alarm for each way in which healing or an answer could die silently', () => {
  const found = alarmNames(byDefault).map((name) => {
    const { Namespace, MetricName, Statistic } = resource(byDefault, name)
    return [name, `${Namespace} ${MetricName} ${Statistic}`]
  })
  expect(Object.fromEntries(found)).toEqual(TRIPS)
})

test('a single count trips an alarm, and no data is no alarm', () => {
  for (const name of alarmNames(byDefault)) {
    expect(resource(byDefault, name)).toMatchObject({
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    })
    expect(resource(byDefault, name)['DatapointsToAlarm'] ?? 1).toBe(1)
  }
})

test('the function’s metrics have no dimension, and those of AWS that of our own resource', () => {
  const dimensions = alarmNames(byDefault).flatMap((name) => {
    const alarm = resource(byDefault, name)
    return alarm['Namespace'] === 'CognitoSesBinding' ? [alarm['Dimensions']] : []
  })
  expect(dimensions).toEqual([undefined, undefined, undefined, undefined])
  expect(resource(byDefault, 'ThrottleAlarm')['Dimensions']).toEqual([{ Name: 'FunctionName', Value: { Ref: 'Function' } }])
  expect(resource(byDefault, 'HintAlarm')['Dimensions']).toEqual([{ Name: 'RuleName', Value: { Ref: 'PoolUpdateRule' } }])
  expect(resource(byDefault, 'SweepAlarm')['Dimensions']).toEqual([{ Name: 'RuleName', Value: { Ref: 'SweepRule' } }])
})

test('every alarm tells the topic when it begins and when it ends, where there is a topic', () => {
  const AlarmTopicArn = 'arn:aws:sns:eu-west-1:111122223333:alarms'
  const template = withParameters(provider, { AlarmTopicArn })
  for (const name of alarmNames(template)) {
    expect(resource(template, name)).toMatchObject({ AlarmActions: [AlarmTopicArn], OKActions: [AlarmTopicArn] })
    expect(resource(byDefault, name)).not.toHaveProperty('AlarmActions')
  }
})

describe('the runbook', () => {
  test.each(Object.keys(TRIPS))('has a section for %s: what it means, what to look at, what to type; and the alarm names it', (name) => {
    const section = sections.get(name) ?? ''
    for (const part of ['**Means.**', '**Look at.**', '**Type.**']) expect(section).toContain(part)
    expect(section).toMatch(/```sh\n[^`]+```/)
    expect(resource(byDefault, name)['AlarmDescription']).toContain(`See ${name} in docs/runbook.md.`)
  })

  test('has no section for an alarm that is not there', () => {
    expect([...sections.keys()].filter((heading) => heading.endsWith('Alarm')).sort()).toEqual(Object.keys(TRIPS).sort())
  })
})

describe('the schedule of the sweep', () => {
  const MINUTE = 1
  const HOUR = 60
  const DAY = 24 * HOUR
  const pattern = new RegExp(`^(?:${at(provider, 'Parameters', 'SweepSchedule', 'AllowedPattern')})$`)

  const range = (from: number, to: number, step = 1): readonly number[] =>
    Array.from({ length: Math.max(0, Math.floor((to - from) / step) + 1) }, (_, index) => from + index * step)

  /** The values of one field of a cron expression of EventBridge; undefined where the field is not one. */
  const values = (field: string, last: number): readonly number[] | undefined => {
    if (field === '*') return range(0, last)
    if (/^\d+(,\d+)*$/.test(field)) return field.split(',').map(Number)
    const [, start, step] = /^(\d+)\/(\d+)$/.exec(field) ?? []
    return start === undefined ? undefined : range(Number(start), last, Number(step))
  }

  /** Minutes between two sweeps, in the order in which they come; undefined for what EventBridge does not take. */
  const gaps = (schedule: string): readonly number[] | undefined => {
    const [, count, unit] = /^rate\((\d+) (minutes?|hours?|days?)\)$/.exec(schedule) ?? []
    if (count !== undefined && unit !== undefined) {
      // "A value of 1 takes the singular, any other the plural": EventBridge refuses rate(1 hours) and rate(5 hour).
      if ((count === '1') === unit.endsWith('s')) return undefined
      return [Number(count) * { m: MINUTE, h: HOUR, d: DAY }[unit.slice(0, 1) as 'm' | 'h' | 'd']]
    }
    const fields = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$/.exec(schedule)?.slice(1)
    const [minute = '', hour = '', day, month, weekday, year] = fields ?? []
    // One of the two days must be "?": EventBridge refuses a star in both.
    if (!fields || [day, weekday].sort().join() !== '*,?' || month !== '*' || year !== '*') return undefined
    const [minutes, hours] = [values(minute, 59), values(hour, 23)]
    if (!minutes || !hours || [...minutes, ...hours].some((value) => value > 59) || hours.some((value) => value > 23)) return undefined
    const times = hours.flatMap((h) => minutes.map((m) => h * HOUR + m)).sort((a, b) => a - b)
    return times.map((time, index) => (times[index + 1] ?? (times[0] ?? 0) + DAY) - time)
  }

  const fields = (last: number): readonly string[] => [
    '*',
    '*/15',
    ...range(0, last).map(String),
    ...range(0, last).flatMap((start) => range(1, last).map((step) => `${start}/${step}`)),
    ...range(0, last).flatMap((one) => range(0, last).map((two) => `${one},${two}`)),
  ]
  const rates = ['minute', 'minutes', 'hour', 'hours', 'day', 'days'].flatMap((unit) =>
    range(0, 200).map((count) => `rate(${count} ${unit})`),
  )
  const hoursOfPattern = fields(23).filter((hour) => pattern.test(`cron(0 ${hour} * * ? *)`))
  const minutesOfPattern = fields(59).filter((minute) => pattern.test(`cron(${minute} * * * ? *)`))
  const crons = minutesOfPattern.flatMap((minute) =>
    hoursOfPattern.flatMap((hour) => [`cron(${minute} ${hour} * * ? *)`, `cron(${minute} ${hour} ? * * *)`]),
  )
  const allowed = [...rates, ...crons].filter((schedule) => pattern.test(schedule))

  /** docs/drift.md: five pools a second, 300 s less the five to end in order, rounded down. */
  const POOLS_A_SWEEP = 1_450
  const POOLS = 10_000

  test('is found by trying every rate and every cron field', () => {
    expect(allowed.length).toBeGreaterThan(5_000)
    expect(allowed).toEqual(expect.arrayContaining(['rate(15 minutes)', 'rate(1 hour)', 'rate(12 hours)', 'cron(0 6,18 * * ? *)']))
  })

  test('is always one that EventBridge takes, no more often than every 15 minutes, and at least twice a day', () => {
    const wrong = allowed.filter((schedule) => {
      const between = gaps(schedule)
      return between === undefined || Math.min(...between) < 15 || Math.max(...between) > 12 * HOUR
    })
    expect(wrong).toEqual([])
  })

  test.each([
    ...['rate(1 minute)', 'rate(5 minutes)', 'rate(14 minutes)', 'rate(1 minutes)', 'rate(1 hours)', 'rate(2 hour)', 'rate(0 hours)'],
    ...['rate(1 day)', 'rate(7 days)', 'cron(* * * * ? *)', 'cron(0/5 * * * ? *)', 'cron(0,5 * * * ? *)', 'cron(0 * * * * *)'],
    ...['cron(0 * ? * ? *)', 'cron(60 * * * ? *)', 'cron(0 6 * * ? *)', 'cron(0 6 1 1 ? 2026)', '1 hour', 'rate(1 hour) ', ''],
  ])('is never %j', (schedule) => {
    expect(pattern.test(schedule)).toBe(false)
  })

  test('leaves two sweeps apart for longer than the function may run', () => {
    const longest = Number(at(provider, 'Parameters', 'Timeout', 'AllowedValues', 1))
    expect(longest).toBeLessThan(15 * 60)
  })

  test('lets the alarms that look at pools hold steadily while one of 10,000 pools stays as it is, whatever it is', () => {
    const own = ['ContestedAlarm', 'RefusedAlarm', 'FailedAlarm', 'BrokenAlarm']
    const sweepsOfAPass = Math.ceil(POOLS / POOLS_A_SWEEP)
    expect(sweepsOfAPass).toBe(7)
    // The alarms alone: resolving the whole provider six thousand times takes minutes.
    const used = (section: string, names: readonly string[]) =>
      Object.fromEntries(names.map((name) => [name, mapAt(provider, section, name)]))
    const alarms = {
      Parameters: used('Parameters', ['SweepSchedule', 'DriftDetection', 'AlarmTopicArn']),
      Conditions: used('Conditions', ['DetectsDrift', 'HasAlarmTopic', 'SweepsByHours', 'SweepsByCron']),
      Resources: used('Resources', own),
    }
    const wrong = allowed.filter((schedule) => {
      const between = gaps(schedule) ?? []
      // The longest time until the same pool is looked at again: seven sweeps in a row, from any of them.
      const again = between.map((_, first) =>
        range(first, first + sweepsOfAPass - 1).reduce((sum, index) => sum + (between[index % between.length] ?? 0), 0),
      )
      const template = withParameters(alarms, { SweepSchedule: schedule })
      return own.some((name) => {
        const [period, evaluated] = [Number(resource(template, name)['Period']), Number(resource(template, name)['EvaluationPeriods'])]
        // CloudWatch: a period of an hour or more may look back for seven days, a shorter one for a day.
        if (period < 3_600 || period * evaluated > 7 * 24 * 3_600) return true
        // A count is in the period in which it was made: the window may begin up to one period later.
        return Math.max(...again) * 60 + period > period * evaluated
      })
    })
    expect(wrong).toEqual([])
  })
})
