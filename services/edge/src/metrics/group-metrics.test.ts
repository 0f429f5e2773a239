import { counter, gauge, Histogram, type Metric } from '@roundtrip/metrics'
import { workerEndedTopic } from '@roundtrip/worker-group'
import { joinedBuses } from '@roundtrip/worker-group/testing'
import { expect, it } from 'vitest'
import { lastMetricsTopic, metricsTopic } from '../admin/topics.ts'
import { GroupMetrics } from './group-metrics.ts'

const answersAfter = (count: number): Histogram => {
  const answers = new Histogram([10])
  for (let i = 0; i < count; i++) answers.record(1)
  return answers
}

const metricsAfter = (requests: number, member = 'a'): Metric[] => [
  counter('edge_requests_total', 'Requests.', [[{}, requests]]),
  counter('edge_upstream_requests_total', 'Attempts.', [[{ pool: 'web', member }, requests]]),
  { name: 'edge_seconds', help: 'Time.', type: 'histogram', samples: answersAfter(requests).samples({}) },
  gauge('edge_workers', 'Processes.', [[{}, 1]]),
]

const countedIn = (metrics: readonly Metric[]) => {
  const valueOf = (wanted: string, end = ''): number | undefined =>
    metrics.find(({ name }) => name === wanted)?.samples.find(({ suffix = '' }) => suffix === end)?.value
  return {
    requests: valueOf('edge_requests_total'),
    answers: valueOf('edge_seconds', '_count'),
    workers: valueOf('edge_workers'),
  }
}

const start = (count: number) => {
  const { parent, workers } = joinedBuses(count)
  const all = new GroupMetrics(parent)
  const answer = (slot: number, pid: number, metrics: Metric[], until = Promise.resolve()): (() => void) =>
    workers[slot - 1]?.subscribe(metricsTopic, () => until.then(() => ({ pid, metrics }))) ?? (() => undefined)
  const end = (pid: number): void => parent.publishHere(workerEndedTopic, pid)
  const tellLast = async (slot: number, pid: number, metrics: Metric[]): Promise<unknown> =>
    workers[slot - 1]?.request(lastMetricsTopic, { pid, metrics })
  return { all, answer, end, tellLast, read: async () => countedIn(await all.read()) }
}

it('keeps what a worker has counted when another takes its place, and not what it had at hand', async () => {
  const { answer, end, tellLast, read } = start(2)
  answer(1, 11, metricsAfter(100))
  answer(2, 12, metricsAfter(100))
  expect(await read()).toEqual({ requests: 200, answers: 200, workers: 2 })
  await tellLast(1, 11, metricsAfter(150).slice(0, 3))
  end(11)
  answer(1, 13, metricsAfter(1))
  expect(await read()).toEqual({ requests: 251, answers: 251, workers: 2 })
  expect(await read()).toEqual({ requests: 251, answers: 251, workers: 2 })
})

it('keeps what a worker that crashes has told last', async () => {
  const { answer, end, read } = start(2)
  answer(1, 11, metricsAfter(100))
  const stop = answer(2, 12, metricsAfter(10))
  await read()
  stop()
  end(12)
  expect(await read()).toEqual({ requests: 110, answers: 110, workers: 1 })
})

it('counts a worker that does not answer with what it told last', async () => {
  const { answer, read } = start(2)
  answer(1, 11, metricsAfter(100))
  const stop = answer(2, 12, metricsAfter(10))
  await read()
  stop()
  expect(await read()).toEqual({ requests: 110, answers: 110, workers: 1 })
  answer(2, 12, metricsAfter(20))
  expect(await read()).toEqual({ requests: 120, answers: 120, workers: 2 })
})

it('counts a worker once that ends while all are asked', async () => {
  const { answer, end, tellLast, read } = start(2)
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  answer(1, 11, metricsAfter(100))
  answer(2, 12, metricsAfter(10), released)
  const reading = read()
  await tellLast(1, 11, metricsAfter(150).slice(0, 3))
  end(11)
  release()
  expect(await reading).toEqual({ requests: 160, answers: 160, workers: 1 })
})

it('counts a worker once that crashes while all are asked', async () => {
  const { answer, end, read } = start(2)
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { promise: isAnswered, resolve: answered } = Promise.withResolvers<void>()
  const stop = answer(1, 11, metricsAfter(100))
  answer(2, 12, metricsAfter(10))
  await read()
  answer(2, 12, metricsAfter(10), released)
  answer(1, 11, metricsAfter(120), isAnswered)
  const reading = read()
  answered()
  await new Promise(setImmediate)
  stop()
  end(11)
  release()
  expect(await reading).toEqual({ requests: 110, answers: 110, workers: 1 })
})

it('lets go of members that nobody has any more', async () => {
  const { all, answer, end, read } = start(1)
  answer(1, 11, metricsAfter(100, 'gone'))
  await read()
  end(11)
  answer(1, 12, metricsAfter(1, 'new'))
  const metrics = await all.read()
  expect(countedIn(metrics).requests).toBe(101)
  const members = metrics.find(({ name }) => name === 'edge_upstream_requests_total')?.samples
  expect(members).toEqual([{ labels: { pool: 'web', member: 'new' }, value: 1 }])
})
