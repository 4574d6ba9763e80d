// Makes a failing history small: takes steps away for as long as the same rule still breaks.
import { play } from './history.ts'
import type { History, Step } from './steps.ts'

const simpler = (step: Step): readonly Step[] => {
  const gentler: readonly Step[] =
    step.gap > 0
      ? [
          { ...step, gap: 0 },
          { ...step, gap: 60_000 },
        ].filter(({ gap }) => gap < step.gap)
      : []
  if (step.kind === 'fault') return step.times > 1 ? [{ ...step, times: 1 }] : []
  if (step.kind !== 'deploy') return gentler
  const { cancelAfter, ...rest } = step
  const names = Object.keys(step.template)
  const alone =
    names.length < 2
      ? []
      : names.map((name) => ({ ...step, template: Object.fromEntries(Object.entries(step.template).filter(([one]) => one !== name)) }))
  const plainer = names.flatMap((name) => {
    const wish = step.template[name]
    if (!wish) return []
    const { From: _from, ReplyToEmailAddress: _reply, OnDelete: _retain, Takeover: _over, ...bare } = wish
    const [pool = 0] = wish.pools
    return [bare, { ...wish, pools: [pool] }, ...(wish.From ? [{ ...bare, ...wish, From: undefined }] : [])].flatMap((one) => {
      const clean = JSON.parse(JSON.stringify(one))
      return JSON.stringify(clean) === JSON.stringify(wish) ? [] : [{ ...step, template: { ...step.template, [name]: clean } }]
    })
  })
  return [
    ...alone,
    ...(cancelAfter === undefined ? [] : [rest]),
    ...(step.otherFails ? [{ ...step, otherFails: false }] : []),
    ...(step.oldRequestId ? [{ ...step, oldRequestId: false }] : []),
    ...plainer,
    ...gentler,
  ]
}

/** @returns the smallest history found that breaks the same rule */
export const shrunk = async (history: History, rule: string): Promise<History> => {
  const fails = async (candidate: History): Promise<boolean> => (await play(candidate)).violation?.rule === rule
  let best = history
  for (let found = true; found; ) {
    found = false
    for (let index = best.steps.length - 1; index >= 0; index -= 1) {
      const candidate = { ...best, steps: best.steps.toSpliced(index, 1) }
      if (!(await fails(candidate))) continue
      best = candidate
      found = true
    }
    for (let index = 0; index < best.steps.length; index += 1) {
      const step = best.steps[index]
      for (const one of step ? simpler(step) : []) {
        const candidate = { ...best, steps: best.steps.with(index, one) }
        if (!(await fails(candidate))) continue
        best = candidate
        found = true
        break
      }
    }
  }
  return best
}
