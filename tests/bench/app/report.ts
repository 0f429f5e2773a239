/** The figures as people read them; the same text is printed and kept. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { median, percent, whole } from '../figures.ts'
import { machineLines, type Machine } from '../machine.ts'
import { ratioOf } from '../ratio.ts'
import { table, times } from '../tables.ts'
import { baseline, leastRatio, measured, verdicts } from './bars.ts'
import { coresFor, coresForTimes, type Plan } from './plan.ts'
import type { Result } from './run-scenario.ts'

const ratioCell = (own: readonly number[], other: readonly number[] | undefined): string => {
  const ratio = other && ratioOf(own, other)
  return ratio === undefined ? '–' : times(ratio)
}

const rateRows = ({ rounds }: Result): string[][] =>
  Object.entries(rounds).map(([name, list]) => {
    const rates = list.map(({ perSecond }) => perSecond)
    const of = (pick: (measurement: (typeof list)[number]) => number): number => median(list.map(pick))
    return [
      name,
      `${whole(median(rates))} (${whole(Math.min(...rates))}–${whole(Math.max(...rates))})`,
      ratioCell(
        rates,
        rounds[baseline]?.map(({ perSecond }) => perSecond),
      ),
      of(({ serverUs }) => serverUs).toFixed(1),
      of(({ dataUs }) => dataUs).toFixed(1),
      percent(of(({ busy }) => busy.server)),
      percent(of(({ busy }) => busy.load)),
    ]
  })

const latencyRows = ({ latency }: Result): string[][] =>
  Object.entries(latency.rounds).map(([name, list]) => {
    const p99s = list.map(({ p99Us }) => p99Us)
    return [
      name,
      whole(median(list.map(({ p50Us }) => p50Us))),
      whole(median(p99s)),
      whole(median(list.map(({ lagUs }) => lagUs))),
      ratioCell(
        p99s,
        latency.rounds[baseline]?.map(({ p99Us }) => p99Us),
      ),
    ]
  })

export const resultLines = (result: Result): string[] => {
  const { scenario, description, processes, areCoresShared, latency, skipped } = result
  const where = areCoresShared ? ', all on the same cores as the load and the data tier' : ''
  return [
    `### ${scenario}, ${processes} ${processes === 1 ? 'process' : 'processes'}${where}: ${description}`,
    '',
    ...table(
      ['', 'per second', `× ${baseline}`, 'server µs each', 'data µs each', 'server busy', 'load busy'],
      rateRows(result),
    ),
    `At ${whole(latency.perSecond)} a second, ${percent(latency.capacityShare)} of what the slower of ${measured} and ${baseline} did:`,
    '',
    ...table(['', 'p50 µs', 'p99 µs', 'of it the generator (p99)', `p99 × ${baseline}`], latencyRows(result)),
    ...Object.entries(skipped).map(([name, reason]) => `- ${name} skipped: ${reason}`),
    ...(Object.keys(skipped).length === 0 ? [] : ['']),
  ]
}

export const barLines = (results: readonly Result[]): string[] => [
  '### Bar: what the machinery costs on cached reads',
  '',
  ...table(
    ['processes', 'bar', `${measured}, median (least–most)`, 'by processor time', ''],
    verdicts(results).map(({ processes, ratio, byProcessorTime, outcome }) => [
      String(processes),
      `≥ ${leastRatio}× ${baseline}`,
      ratio === undefined ? '–' : times(ratio),
      byProcessorTime === undefined ? '–' : times(byProcessorTime),
      outcome,
    ]),
  ),
]

export const planLines = (
  { loadBefore }: Machine,
  { processes, rounds, seconds, warmUpSeconds, concurrency }: Plan,
) => [
  ...processes.map((count) => {
    const { server, data, load, areShared } = coresFor(count)
    if (areShared) {
      const apart = coresForTimes({ server, data, load, areShared })
      return (
        `${count} processes: everything on cores ${server.join(', ')}; ` +
        `while times to answer are taken, load on ${apart.load.join(', ')}, the rest on ${apart.server.join(', ')}`
      )
    }
    return `${count} processes: on cores ${server.join(', ')}, data tier on ${data.join(', ')}, load on ${load.join(', ')}`
  }),
  `${rounds} rounds of ${seconds} s after ${warmUpSeconds} s of warm-up, ${concurrency} requests in flight; ` +
    `load average before ${loadBefore.toFixed(2)}`,
]

const folder = join(import.meta.dirname, '../results')

/** @returns the files written */
export const keepResults = (
  name: string,
  machine: Machine,
  plan: Plan,
  results: readonly Result[],
): readonly string[] => {
  mkdirSync(folder, { recursive: true })
  const [json, markdown] = ['json', 'md'].map((ending) => join(folder, `${name}.${ending}`)) as [string, string]
  const { checkout: _, nodeArguments: __, ...settings } = plan
  const facts = { date: new Date().toISOString(), machine, plan: settings, bars: verdicts(results), results }
  writeFileSync(json, `${JSON.stringify(facts, null, 1)}\n`)
  const lines = [
    `# App, ${facts.date.slice(0, 10)}`,
    '',
    ...[...machineLines(machine), ...planLines(machine, plan)].map((line) => `- ${line}`),
    '',
    ...barLines(results),
    ...results.flatMap(resultLines),
  ]
  writeFileSync(markdown, `${lines.join('\n').trimEnd()}\n`)
  return [json, markdown]
}
