/** Clients under way all the time, each answer held byte for byte against what was asked. */
import { contentFor, lengthFor, targetFor } from './content.ts'
import { BegunError, http1Lane, http2Lanes, type EdgeAddress, type Lane, type Question } from './lane.ts'

export interface LoadOptions {
  readonly edge: EdgeAddress
  /** Connections over HTTP/1.1; 12 by default. */
  readonly http1Lanes?: number
  /** Sessions over HTTP/2; 6 by default. */
  readonly http2Sessions?: number
  /** Requests that each of them has under way at once; 1 by default. */
  readonly streamsPerSession?: number
}

export interface Failure {
  readonly method: Question['method']
  /** A status, or what was thrown. */
  readonly reason: string
  /** After the head of a response had arrived. */
  readonly begun: boolean
}

export interface LoadReport {
  right: number
  /** Whose bytes were others than those asked for: never to be excused. */
  readonly wrong: string[]
  readonly failures: Failure[]
}

/** One in so many requests is a POST, which may be done only once. */
const postEvery = 5

/** What a proxy cannot mend: it must not send a POST twice, nor begin a response anew. */
export const isExcused = ({ method, begun }: Failure): boolean => method === 'POST' || begun

/** What cannot be excused, counted: `{ 'GET status 502': 3 }`. */
export const unexcused = ({ failures }: LoadReport): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const failure of failures) {
    const name = `${failure.method} ${failure.reason}`
    if (!isExcused(failure)) counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

export class CheckedLoad {
  readonly report: LoadReport = { right: 0, wrong: [], failures: [] }
  readonly #waiting = new Set<{ readonly at: number; readonly resolve: () => void }>()
  readonly #lanes: readonly Lane[]
  readonly #done: Promise<unknown>
  #count = 0
  #answered = 0
  #running = true

  constructor({ edge, http1Lanes = 12, http2Sessions = 6, streamsPerSession = 1 }: LoadOptions) {
    this.#lanes = [
      ...Array.from({ length: http1Lanes }, () => http1Lane(edge)),
      ...Array.from({ length: http2Sessions }, () => http2Lanes(edge, streamsPerSession)).flat(),
    ]
    this.#done = Promise.all(this.#lanes.map((lane) => this.#run(lane)))
  }

  /** How many clients there are: as many requests are in flight. */
  get lanes(): number {
    return this.#lanes.length
  }

  /** Resolves after so many further answers, right or not: a barrier instead of a time to wait. */
  async answered(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.add({ at: this.#answered + count, resolve })
    await promise
  }

  /** Lets what is under way come to its end. */
  async stop(): Promise<LoadReport> {
    this.#running = false
    await this.#done
    for (const lane of this.#lanes) lane.close()
    return this.report
  }

  async #run(lane: Lane): Promise<void> {
    while (this.#running) {
      await this.#ask(lane)
      this.#answered += 1
      for (const waiting of this.#waiting) {
        if (waiting.at > this.#answered) continue
        this.#waiting.delete(waiting)
        waiting.resolve()
      }
    }
  }

  async #ask(lane: Lane): Promise<void> {
    const count = (this.#count += 1)
    const id = `request-${count}`
    const expected = contentFor(id, lengthFor(count))
    const method = count % postEvery === 0 ? 'POST' : 'GET'
    const target = targetFor(id, expected.length)
    try {
      const { status, content } = await lane.ask({ method, target, content: method === 'POST' ? expected : undefined })
      if (status !== 200) this.report.failures.push({ method, reason: `status ${status}`, begun: false })
      else if (content.equals(expected)) this.report.right += 1
      else
        this.report.wrong.push(
          `${id}: ${content.length} bytes of ${expected.length}, ${content.toString('latin1', 0, 40)}`,
        )
    } catch (error) {
      this.report.failures.push({ method, reason: String(error), begun: error instanceof BegunError })
    }
  }
}
