// Tests that go through the bundle must see today's bundle.
import { execFileSync } from 'node:child_process'

export default () => {
  execFileSync(process.execPath, ['build.mjs', '--quiet'], { cwd: new URL('..', import.meta.url).pathname, stdio: 'inherit' })
}
