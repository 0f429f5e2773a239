/** The figures as people read them; the same text is printed and kept. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { measured, verdicts } from './bars.ts'
import { median, percent, whole } from '../figures.ts'
import { machineLines, type Machine } from '../machine.ts'
import { ratioOf } from '../ratio.ts'
import { table, times } from '../tables.ts'
import type { LatencyMeasurement, Measurement } from './measure.ts'
import type { Plan } from './plan.ts'
import type { ScenarioResult } from './results.ts'

const baseline = 'nginx'

/** Who ran where, and for how long. */
export const planLine = ({ loadBefore }: Machine, plan: Plan): string =>
  `server on core ${plan.serverCore}, origin on ${plan.originCore}, load on ${plan.loadCores.join(', ')}; ` +
  `${plan.rounds} rounds of ${plan.seconds} s after ${plan.warmUpSeconds} s of warm-up, ${plan.concurrency} requests in flight; ` +
  `load average before ${loadBefore.toFixed(2)}`

const ratioCell = (own: readonly number[], other: readonly number[] | undefined): string => {
  const ratio = other && ratioOf(own, other)
  return ratio === undefined ? '–' : times(ratio)
}

const ratesOf = (list: readonly Measurement[] | undefined) => list?.map(({ perSecond }) => perSecond)
const p99sOf = (list: readonly LatencyMeasurement[] | undefined) => list?.map(({ p99Us }) => p99Us)

/** Median, least and most. */
const spread = (values: readonly number[]): string =>
  `${whole(median(values))} (${whole(Math.min(...values))}–${whole(Math.max(...values))})`

const rateRows = (rounds: Readonly<Record<string, readonly Measurement[]>>): string[][] => {
  return Object.entries(rounds).map(([name, list]) => {
    const own = ratesOf(list) ?? []
    const of = (pick: (measurement: Measurement) => number): number => median(list.map(pick))
    return [
      name,
      spread(own),
      ratioCell(own, ratesOf(rounds[baseline])),
      of(({ serverUs }) => serverUs).toFixed(1),
      percent(of(({ busy }) => busy.server)),
      percent(of(({ busy }) => busy.load)),
      percent(of(({ busy }) => busy.origin)),
      percent(of(({ busy }) => busy.others)),
    ]
  })
}

const latencyRows = (rounds: Readonly<Record<string, readonly LatencyMeasurement[]>>): string[][] => {
  return Object.entries(rounds).map(([name, list]) => [
    name,
    whole(median(list.map(({ perSecond }) => perSecond))),
    percent(median(list.map(({ busy }) => busy))),
    whole(median(list.map(({ p50Us }) => p50Us))),
    spread(p99sOf(list) ?? []),
    whole(median(list.map(({ lagUs }) => lagUs))),
    ratioCell(p99sOf(list) ?? [], p99sOf(rounds[baseline])),
  ])
}

/** One scenario in Markdown, which reads well on a terminal, too. */
export const scenarioLines = ({
  scenario,
  cacheLatencyNs: [before, after],
  rounds,
  latency,
  skipped,
}: ScenarioResult): string[] => [
  `### ${scenario.name}: ${scenario.description}`,
  '',
  ...table(
    ['', 'per second', `× ${baseline}`, 'server µs each', 'server busy', 'load', 'origin', 'others on its core'],
    rateRows(rounds),
  ),
  ...(latency === undefined
    ? []
    : [
        'Each at the rate at which it uses 70 % of its core:',
        '',
        ...table(
          ['', 'per second', 'server busy', 'p50 µs', 'p99 µs', 'of it the generator (p99)', `p99 × ${baseline}`],
          latencyRows(latency),
        ),
      ]),
  ...Object.entries(skipped).map(([name, reason]) => `- ${name} skipped: ${reason}`),
  `- a step through 8 MB on the server's core: ${before} ns before, ${after} ns after`,
  '',
]

export const barLines = (results: readonly ScenarioResult[]): string[] => [
  '### Bars',
  '',
  ...table(
    ['scenario', 'bar', `${measured}, median (least–most)`, 'by processor time', ''],
    verdicts(results).map(({ scenario, bar, ratio, byProcessorTime, outcome }) => [
      scenario,
      bar.measure === 'rate' ? `≥ ${bar.ratio}× ${bar.against}` : `p99 ≤ ${bar.ratio}× ${bar.against}`,
      ratio === undefined ? '–' : times(ratio),
      byProcessorTime === undefined ? '–' : times(byProcessorTime),
      outcome,
    ]),
  ),
]

const folder = join(import.meta.dirname, '../results')

/** @returns the files written */
export const keepResults = (
  name: string,
  machine: Machine,
  plan: Plan,
  results: readonly ScenarioResult[],
): readonly string[] => {
  mkdirSync(folder, { recursive: true })
  const [json, markdown] = ['json', 'md'].map((ending) => join(folder, `${name}.${ending}`)) as [string, string]
  const { checkout: _, ...settings } = plan
  const facts = { date: new Date().toISOString(), machine, plan: settings, bars: verdicts(results), results }
  writeFileSync(json, `${JSON.stringify(facts, null, 1)}\n`)
  const lines = [
    `# Edge, ${facts.date.slice(0, 10)}`,
    '',
    ...[...machineLines(machine), planLine(machine, plan)].map((line) => `- ${line}`),
    '',
    ...barLines(results),
    ...results.flatMap(scenarioLines),
  ]
  writeFileSync(markdown, `${lines.join('\n').trimEnd()}\n`)
  return [json, markdown]
}
