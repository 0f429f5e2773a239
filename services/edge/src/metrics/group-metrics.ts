/** The figures of all workers as one: what a worker has counted stays when it ends, so that no counter ever falls. */
import { addUp, type Metric, type Sample } from '@roundtrip/metrics'
import { workerEndedTopic, type WorkerBus } from '@roundtrip/worker-group'
import { lastMetricsTopic, metricsTopic } from '../admin/topics.ts'

/** What one worker process tells of itself. */
export interface WorkerMetrics {
  readonly pid: number
  readonly metrics: readonly Metric[]
}

/** What adds up over time: what a worker that is gone had open or in hand counts no more. */
export const countsOf = (metrics: readonly Metric[]): Metric[] => metrics.filter(({ type }) => type !== 'gauge')

/**
 * A worker that ends in good order tells its counts a last time. Of one that crashes those count that it told last, when it
 * was asked for; so do those of one that does not answer in time.
 */
export class GroupMetrics {
  readonly #bus: WorkerBus
  /** Counts as told last, by process. */
  readonly #told = new Map<number, readonly Metric[]>()
  /** Processes that have told their last counts since everybody was asked: what they answered then is older. */
  readonly #finished = new Set<number>()
  #ended: readonly Metric[] = []
  #reading: Promise<Metric[]> | undefined

  constructor(bus: WorkerBus) {
    this.#bus = bus
    bus.subscribe(lastMetricsTopic, ({ pid, metrics }) => {
      this.#finished.add(pid)
      this.#told.set(pid, metrics)
    })
    bus.subscribe(workerEndedTopic, (pid) => {
      this.#finished.add(pid)
      this.#ended = addUp([this.#ended, this.#told.get(pid) ?? []])
      this.#told.delete(pid)
    })
  }

  /** Those who ask at the same time get the same: an older answer must not come after a newer one. */
  read(): Promise<Metric[]> {
    this.#reading ??= this.#ask().finally(() => (this.#reading = undefined))
    return this.#reading
  }

  async #ask(): Promise<Metric[]> {
    this.#finished.clear()
    const answers = await this.#bus.request(metricsTopic, null)
    const current = new Map<number, readonly Metric[]>()
    for (const { pid, metrics } of answers) {
      if (this.#finished.has(pid)) continue
      current.set(pid, metrics)
      this.#told.set(pid, countsOf(metrics))
    }
    const silent = [...this.#told].flatMap(([pid, metrics]) => (current.has(pid) ? [] : [metrics]))
    const alive = [...current.values(), ...silent]
    if (alive.length > 0) this.#ended = withSubjectsOf(alive.flat(), this.#ended)
    return addUp([...alive, this.#ended])
  }
}

const subjectOf = ({ labels: { route, pool, member } }: Sample): string => JSON.stringify([route, pool, member])

/** Routes, pools and members that nobody has any more are let go: those found by DNS would become ever more. */
const withSubjectsOf = (alive: readonly Metric[], ended: readonly Metric[]): Metric[] => {
  const subjects = new Set(alive.flatMap(({ samples }) => samples.map(subjectOf)))
  return ended.map((metric) => ({
    ...metric,
    samples: metric.samples.filter((sample) => subjects.has(subjectOf(sample))),
  }))
}
