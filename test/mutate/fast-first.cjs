// The order of the tests under mutation: a mutant that a pure test notices need not wait for the fuzz and the histories.
const Sequencer = require('@jest/test-sequencer').default

const SLOW = [/fuzz/, /histories/]
const rank = ({ path }) => SLOW.findIndex((slow) => slow.test(path))

module.exports = class extends Sequencer {
  sort(tests) {
    return [...tests].sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path))
  }
}
