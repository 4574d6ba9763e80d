// The measurements as one SVG: plain bars, readable without the numbers beside it.
import { times } from './report.ts'
import type { Results } from './results.ts'

type Bar = { readonly label: string; readonly value: number; readonly text: string; readonly isOurs: boolean }
type Panel = { readonly title: string; readonly bars: readonly Bar[] }

const WIDTH = 900
const LABEL = 330
const ROW = 22
const INK = '#24292f'
const COLOURS = { ours: '#0969da', other: '#8c959f' } as const

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

const panels = (results: Results): readonly Panel[] => {
  const found: Panel[] = []
  for (const { node, variants } of results.coldStart?.nodes ?? []) {
    const empty = variants.find(({ variant }) => variant === 'empty')
    found.push({
      title: `Cold start on Node ${node.replace(/^v/, '')}: processor time until the first Create is answered, ms`,
      bars: variants.map(({ variant, title, answeredCpuMs }) => ({
        ...{ label: title, value: answeredCpuMs.median, isOurs: variant === 'ours' },
        text: `${answeredCpuMs.median.toFixed(0)} ms, ${times(answeredCpuMs, empty?.answeredCpuMs).toFixed(2)} ×`,
      })),
    })
  }
  if (results.loss)
    found.push({
      title: 'Settings lost on a rich pool with three members unknown to the SDK; the service resets what is left out',
      bars: results.loss.rows
        .filter(({ world, isUnknown }) => world === 'reset' && isUnknown)
        .map(({ contender, title, settings, lost }) => ({
          ...{ label: title.split(': ')[0] ?? title, value: lost.length, isOurs: contender === 'ours' },
          text: `${lost.length} of ${settings}`,
        })),
    })
  if (results.roundTrips)
    found.push({
      title: `Round trips one after another, one pool (${results.roundTrips.latencyMs} ms a call)`,
      bars: results.roundTrips.operations.map(({ operation, depth, calls, least }) => ({
        ...{ label: operation, value: depth, isOurs: true },
        text: `${depth} deep (least ${least.length}), ${calls} calls`,
      })),
    })
  if (results.manyPools)
    found.push({
      title: `Many pools at ${results.manyPools.allowance.perSecond} reads a second of a quota of ${results.manyPools.quotaPerSecond}, seconds`,
      bars: results.manyPools.runs.flatMap(({ pools, seconds, boundSeconds, quotaSeconds, ratio }) => [
        {
          ...{ label: `${pools} pool${pools === 1 ? '' : 's'}`, value: seconds.median, isOurs: true },
          text: `${seconds.median.toFixed(1)} s${ratio ? `, ${ratio.median.toFixed(2)} × the reads at our rate` : ''}`,
        },
        ...(boundSeconds > 0
          ? [
              { label: 'the reads at our rate', value: boundSeconds, text: `${boundSeconds.toFixed(1)} s`, isOurs: false },
              { label: 'the reads at the quota', value: quotaSeconds, text: `${quotaSeconds.toFixed(1)} s`, isOurs: false },
            ]
          : []),
      ]),
    })
  if (results.size) {
    const { bytes, budgetBytes, packages } = results.size
    found.push({
      title: `Bundle: ${Math.round(bytes / 1024)} KB of ${Math.round(budgetBytes / 1024)} KB allowed`,
      bars: packages.slice(0, 8).map(({ name, bytes: own }) => ({
        ...{ label: name, value: own, isOurs: name === 'lib' || name === 'handler' },
        text: `${(own / 1024).toFixed(0)} KB`,
      })),
    })
  }
  return found
}

const drawn = ({ title, bars }: Panel, top: number): string => {
  const most = Math.max(1, ...bars.map(({ value }) => value))
  const scale = (WIDTH - LABEL - 270) / most
  const rows = bars.map(({ label, value, text, isOurs }, index) => {
    const y = top + 30 + index * ROW
    const width = Math.max(1, value * scale)
    return [
      `<text x="${LABEL - 10}" y="${y + 12}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 6}" rx="2" fill="${isOurs ? COLOURS.ours : COLOURS.other}"/>`,
      `<text x="${(LABEL + width + 8).toFixed(1)}" y="${y + 12}">${escaped(text)}</text>`,
    ].join('\n')
  })
  return [`<text x="20" y="${top + 16}" font-weight="bold" font-size="14">${escaped(title)}</text>`, ...rows].join('\n')
}

export const chart = (results: Results): string => {
  let top = 20
  const parts = panels(results).map((panel) => {
    const part = drawn(panel, top)
    top += 30 + panel.bars.length * ROW + 24
    return part
  })
  const occasion = Object.values(results)[0]?.occasion
  const foot = occasion
    ? `${occasion.date} · commit ${occasion.commit} · Node ${occasion.node.replace(/^v/, '')} · ${occasion.machine}`
    : ''
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${top + 30}" viewBox="0 0 ${WIDTH} ${top + 30}" font-family="system-ui, sans-serif" font-size="12" fill="${INK}" role="img">`,
    '<title>Measurements of cognito-ses-binding</title>',
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    ...parts,
    `<text x="20" y="${top + 12}" fill="#57606a">${escaped(foot)}</text>`,
    '</svg>\n',
  ].join('\n')
}
