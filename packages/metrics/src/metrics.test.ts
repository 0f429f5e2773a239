import { describe, expect, it } from 'vitest'
import { addUp, expose, type Metric } from './exposition.ts'
import { Histogram } from './histogram.ts'
import { highest, lowest } from './metric.ts'
import { RouteFigures } from './route-figures.ts'

const counter = (value: number, labels: Record<string, string> = {}): Metric => ({
  name: 'edge_things_total',
  help: 'Things.',
  type: 'counter',
  samples: [{ labels, value }],
})

describe('exposition', () => {
  it('writes help, type and samples, with labels that cannot break out of their quotes', () => {
    expect(expose([counter(3, { route: 'a"b\\c\nd', pool: 'web' })])).toBe(
      '# HELP edge_things_total Things.\n# TYPE edge_things_total counter\n' +
        String.raw`edge_things_total{route="a\"b\\c\nd",pool="web"} 3` +
        '\n',
    )
  })

  it('adds the same sample of several processes up, and keeps others apart', () => {
    const sum = addUp([[counter(1, { a: 'x' })], [counter(2, { a: 'x' })], [counter(4, { a: 'y' })]])
    expect(sum).toMatchObject([
      {
        samples: [
          { labels: { a: 'x' }, value: 3 },
          { labels: { a: 'y' }, value: 4 },
        ],
      },
    ])
  })
})

describe('what a process sees like all others', () => {
  it('is not added up, but the worst of it told', () => {
    const [sum] = addUp([[lowest('a', 'A.', [[{ name: 'x' }, 5]])], [lowest('a', 'A.', [[{ name: 'x' }, 3]])]])
    expect(sum?.samples).toEqual([{ labels: { name: 'x' }, value: 3 }])
    const [most] = addUp([[highest('a', 'A.', [[{}, 5]])], [highest('a', 'A.', [[{}, 3]])]])
    expect(most?.samples).toEqual([{ labels: {}, value: 5 }])
  })
})

describe('a histogram', () => {
  it('counts what is at or below each bound, in seconds', () => {
    const histogram = new Histogram([1, 10])
    for (const ms of [0.5, 1, 2, 11]) histogram.record(ms)
    expect(histogram.samples({ route: 'a' }).map(({ suffix, labels, value }) => [suffix, labels['le'], value])).toEqual(
      [
        ['_bucket', '0.001', 2],
        ['_bucket', '0.01', 3],
        ['_bucket', '+Inf', 4],
        ['_sum', undefined, 0.0145],
        ['_count', undefined, 4],
      ],
    )
  })
})

describe('the figures of a route', () => {
  it('are rate, errors and duration', () => {
    const figures = new RouteFigures('edge', 'api')
    figures.record(200, 1)
    figures.record(204, 3)
    figures.record(502, 20)
    expect(figures.requests).toBe(3)
    const text = expose(figures.metrics)
    expect(text).toContain('edge_responses_total{route="api",status="2xx"} 2\n')
    expect(text).toContain('edge_responses_total{route="api",status="5xx"} 1\n')
    expect(text).toContain('edge_first_byte_seconds_count{route="api"} 3\n')
  })
})
