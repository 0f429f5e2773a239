/** Clients under way all the time, each answer held byte for byte against what was asked. */
import { BegunError, http1Lane, http2Lanes, type EdgeAddress, type Lane, type Question } from './lane.ts'
import { everything, type Plan } from './questions.ts'

export interface LoadOptions {
  readonly edge: EdgeAddress
  /** Connections over HTTP/1.1; 12 by default. */
  readonly http1Lanes?: number
  /** Sessions over HTTP/2; 6 by default. */
  readonly http2Sessions?: number
  /** Requests that each of them has under way at once; 1 by default. */
  readonly streamsPerSession?: number
  /** What is asked; `everything` by default. */
  readonly plan?: Plan
}

export interface Failure {
  readonly method: Question['method']
  /** A status, or what was thrown. */
  readonly reason: string
  /** After the head of a response had arrived. */
  readonly begun: boolean
  /** Which client it was, from 0. */
  readonly lane: number
}

export interface LoadReport {
  right: number
  /** Whose bytes were others than those asked for: never to be excused. */
  readonly wrong: string[]
  readonly failures: Failure[]
  /** What the cache said of right answers, counted (RFC 9211): `{ hit: 3, 'fwd=uri-miss': 1 }`. */
  readonly cacheSaid: Record<string, number>
}

const countWords = (counts: Record<string, number>, cacheStatus: string): void => {
  for (const word of cacheStatus.split('; ').slice(1)) counts[word] = (counts[word] ?? 0) + 1
}

/** What a proxy cannot mend: it must not send a POST twice, nor begin a response anew. */
export const isExcused = ({ method, begun }: Failure): boolean => method === 'POST' || begun

/** How a client sees a connection end in the middle of its work: no answer of the edge, and no status. */
export const isLostConnection = ({ reason }: Failure): boolean =>
  /^(?:BegunError: the response broke off|Error: socket hang up|Error: read ECONNRESET|Error: the stream was closed with \d+)$/.test(
    reason,
  )

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
  readonly report: LoadReport = { right: 0, wrong: [], failures: [], cacheSaid: {} }
  readonly #waiting = new Set<{ readonly at: number; readonly resolve: () => void }>()
  readonly #lanes: readonly Lane[]
  readonly #plan: Plan
  readonly #done: Promise<unknown>
  #count = 0
  #answered = 0
  #running = true

  constructor({ edge, http1Lanes = 12, http2Sessions = 6, streamsPerSession = 1, plan = everything }: LoadOptions) {
    this.#plan = plan
    this.#lanes = [
      ...Array.from({ length: http1Lanes }, () => http1Lane(edge)),
      ...Array.from({ length: http2Sessions }, () => http2Lanes(edge, streamsPerSession)).flat(),
    ]
    this.#done = Promise.all(this.#lanes.map((lane, index) => this.#run(lane, index)))
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

  async #run(lane: Lane, index: number): Promise<void> {
    while (this.#running) {
      await this.#ask(lane, index)
      this.#answered += 1
      for (const waiting of this.#waiting) {
        if (waiting.at > this.#answered) continue
        this.#waiting.delete(waiting)
        waiting.resolve()
      }
    }
  }

  async #ask(lane: Lane, index: number): Promise<void> {
    const count = (this.#count += 1)
    const { question, problemOf } = this.#plan(count)
    const { method, target } = question
    try {
      const reply = await lane.ask(question)
      const { status } = reply
      if (status !== 200 && status !== 206)
        return void this.report.failures.push({ method, reason: `status ${status}`, begun: false, lane: index })
      const problem = problemOf(reply)
      if (problem === undefined) {
        this.report.right += 1
        countWords(this.report.cacheSaid, String(reply.fields['cache-status']))
      } else this.report.wrong.push(`${target}: ${problem} (${String(reply.fields['cache-status'])})`)
    } catch (error) {
      this.report.failures.push({
        method,
        reason: String(error),
        begun: error instanceof BegunError,
        lane: index,
      })
    }
  }
}
