// The list of what the bundle has instead of parts of the SDK: it may not go stale unnoticed.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const root = join(__dirname, '..', '..')

/** The messages of a build of `source` with the plugin. It is an ES module, which jest does not load: a Node of its own does. */
const errorsOf = (source: string): readonly string[] => {
  const script = `
    import { build } from 'esbuild'
    import { lambdaOnly } from '${join(root, 'handler/aws/stand-ins/lambda-only.mjs')}'
    const stdin = { contents: ${JSON.stringify(source)}, resolveDir: '${root}' }
    const options = { stdin, bundle: true, write: false, platform: 'node', mainFields: ['module', 'main'], logLevel: 'silent', plugins: [lambdaOnly] }
    const errors = await build(options).then(() => [], (failure) => failure.errors)
    process.stdout.write(JSON.stringify(errors.map(({ text }) => text)))`
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, encoding: 'utf8' }))
}

test('all rows are met by the three clients', () => {
  expect(errorsOf("import './handler/index.ts'")).toEqual([])
})

test('a row that meets nothing fails the build, by its name', () => {
  const errors = errorsOf("import '@aws-sdk/client-sesv2'; import '@aws-sdk/client-cognito-identity-provider'")
  expect(errors.join('\n')).toMatch(/middleware-endpoint-discovery.* meets nothing any more/)
})

test('a part of the SDK that the stand-ins lack fails the build, by its name', () => {
  const errors = errorsOf(
    "import './handler/index.ts'; import { AwsQueryProtocol } from '@aws-sdk/core/protocols'; console.log(AwsQueryProtocol)",
  )
  expect(errors.join('\n')).toMatch(/No matching export .*AwsQueryProtocol/)
})
