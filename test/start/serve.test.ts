// npm start -- --serve, as a newcomer uses it: what it prints is what the command line needs.
import { spawn } from 'node:child_process'
import { expect, test } from '@jest/globals'
import { command, jsonOf } from '../cli/command.ts'
import { POOLS } from './fleet.ts'
import { readOptions } from './options.ts'

test('it keeps a fleet running, in which every pool stands in its own way, until it is interrupted', async () => {
  const server = spawn(process.execPath, ['test/run.mjs', 'test/start.ts', '--serve', '--pools', '2'], {
    env: { PATH: process.env['PATH'] },
  })
  const ended = new Promise<number | null>((resolve) => server.once('close', resolve))
  const printed = await new Promise<string>((resolve, reject) => {
    let text = ''
    server.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part
      if (text.includes('plan --configuration-set')) resolve(text)
    })
    void ended.then((code) => reject(new Error(`it ended with ${code}: ${text}`)))
  })
  const [, exported = ''] = /^ {2}export (.+)$/m.exec(printed) ?? []
  const env = Object.fromEntries(exported.split(' ').map((pair) => pair.split('=')))
  const answer = jsonOf(await command(undefined, ['status', '--json'], { env }))
  server.kill('SIGINT')

  expect(printed).toContain(`A local AWS with ${Object.keys(POOLS).length + 2} user pools is running`)
  expect(Object.values(answer.summary.states).every((count) => Number(count) > 0)).toBe(true)
  expect(answer.summary.states.default).toBe(5)
  expect(await ended).toBe(0)
})

test.each([
  ['with events', ['--serve', 'x.json'], '--serve stands alone'],
  ['with an account', ['--serve', '--aws'], '--serve stands alone'],
  ['with no number of pools', ['--serve', '--pools', 'many'], 'Expected --pools to be a number below 100000; got "many".'],
  ['--pools alone', ['--pools', '5'], '--pools goes with --serve.'],
])('%s: one sentence', (_, args, sentence) => {
  expect(() => readOptions(args)).toThrow(sentence)
})
