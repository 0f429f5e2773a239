/** Figures as Prometheus reads them (text exposition format 0.0.4), added up over worker processes. */

export interface Metric {
  /** With its unit and, for a counter, `_total`: `edge_request_duration_seconds`. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** What processes say together: the sum where nothing else is said. */
  readonly together?: 'sum' | 'lowest' | 'highest'
  readonly samples: readonly Sample[]
}

export interface Sample {
  /** What a histogram appends to the name: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export const expositionType = 'text/plain; version=0.0.4; charset=utf-8'

const escapeValue = (text: string): string =>
  text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('"', String.raw`\"`)

const labelsOf = (labels: Sample['labels']): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const numberOf = (value: number): string =>
  Math.abs(value) === Infinity ? (value > 0 ? '+Inf' : '-Inf') : String(value)

export const expose = (metrics: readonly Metric[]): string =>
  metrics
    .map(({ name, help, type, samples }) => {
      const lines = samples.map(
        ({ suffix = '', labels, value }) => `${name}${suffix}${labelsOf(labels)} ${numberOf(value)}\n`,
      )
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
    })
    .join('')

const combine: Readonly<Record<NonNullable<Metric['together']>, (a: number, b: number) => number>> = {
  sum: (a, b) => a + b,
  lowest: Math.min,
  highest: Math.max,
}

/** Same name and labels: one sample. Each process counts only what it did itself, gauges too, so that most are sums. */
export const addUp = (ofProcesses: readonly (readonly Metric[])[]): Metric[] => {
  const sums = new Map<string, { metric: Metric; samples: Map<string, Sample> }>()
  for (const metric of ofProcesses.flat()) {
    const sum = sums.get(metric.name) ?? { metric, samples: new Map<string, Sample>() }
    sums.set(metric.name, sum)
    for (const sample of metric.samples) {
      const key = `${sample.suffix ?? ''}${labelsOf(sample.labels)}`
      const known = sum.samples.get(key)
      const value = known === undefined ? sample.value : combine[metric.together ?? 'sum'](known.value, sample.value)
      sum.samples.set(key, { ...sample, value })
    }
  }
  return [...sums.values()].map(({ metric, samples }) => ({ ...metric, samples: [...samples.values()] }))
}
