/** Asks a second member when the first takes longer than most do, and takes the first answer (Dean and Barroso, "The Tail at Scale"). */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpContext, HttpHandler, HttpLayer, HttpRequest, HttpResponse } from '@roundtrip/http'
import { Attempt, attemptOf } from './attempt.ts'
import { discard } from './discard.ts'
import type { Pool } from './pool.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Both attempts may be worked on to the end, so the request must not change anything. */
const mayBeHedged = ({ method, body }: HttpRequest): boolean => safeMethods.has(method) && body === undefined

/** Answers before a percentile of them means anything. */
const fewestAnswers = 20

const delayMsOf = ({ settings, latencies }: Pool): number | undefined => {
  const { hedge: wanted } = settings
  if (wanted === undefined) return undefined
  if (wanted.delayMs !== undefined) return wanted.delayMs
  return latencies.count < fewestAnswers
    ? undefined
    : Math.max(wanted.minDelayMs, latencies.percentile(wanted.percentile))
}

/** Inside `retry`, above `balance`. Passes on as it is unless the pool's settings want hedging. */
export const hedge =
  (pool: Pool): HttpLayer =>
  (next) =>
  (request, context) => {
    const delayMs = delayMsOf(pool)
    return delayMs === undefined || !mayBeHedged(request)
      ? next(request, context)
      : new Race(pool, next, attemptOf(request), context).run(delayMs)
  }

interface Runner {
  readonly attempt: Attempt
  readonly controller: AbortController
}

class Race {
  readonly #pool: Pool
  readonly #next: HttpHandler
  readonly #first: Attempt
  readonly #context: HttpContext
  readonly #result = Promise.withResolvers<HttpResponse>()
  readonly #running = new Set<Runner>()
  #isDecided = false
  /** A bad answer, kept until the other attempt has done no better. */
  #spare: { runner: Runner; response: HttpResponse } | undefined

  constructor(pool: Pool, next: HttpHandler, first: Attempt, context: HttpContext) {
    this.#pool = pool
    this.#next = next
    this.#first = first
    this.#context = context
  }

  async run(delayMs: number): Promise<HttpResponse> {
    const cancel = this.#pool.surroundings.schedule(() => this.#startSecond(), delayMs)
    void this.#start(this.#first)
    try {
      return await this.#result.promise
    } finally {
      cancel()
    }
  }

  #startSecond(): void {
    const { settings, budget, counters } = this.#pool
    if (this.#isDecided || !this.#pool.hasUntried(this.#first.tried)) return
    if (this.#pool.retriesInFlight >= settings.circuitBreaker.maxRetries || !budget.withdraw()) {
      counters.retriesRefused++
      return
    }
    const second = new Attempt(this.#first, this.#first.tried)
    second.isHedge = true
    second.firstByteTimeoutMs = this.#first.firstByteTimeoutMs
    second.totalTimeoutMs = this.#first.totalTimeoutMs
    counters.hedges++
    this.#pool.retriesInFlight++
    const ended = (): void => void this.#pool.retriesInFlight--
    void this.#start(second).then(ended)
  }

  /** Never rejects. */
  async #start(attempt: Attempt): Promise<void> {
    const runner = { attempt, controller: new AbortController() }
    attempt.signal = runner.controller.signal
    this.#running.add(runner)
    try {
      this.#answered(runner, await this.#next(attempt, this.#context))
    } catch (error) {
      this.#failed(runner, error)
    }
  }

  #answered(runner: Runner, response: HttpResponse): void {
    this.#running.delete(runner)
    if (this.#isDecided) return discard(response)
    if (response.status < 500 || this.#running.size === 0) return this.#decide(runner, response)
    this.#spare = { runner, response }
  }

  #failed(runner: Runner, error: unknown): void {
    this.#running.delete(runner)
    if (this.#isDecided || this.#running.size > 0) return
    if (this.#spare !== undefined) return this.#decide(this.#spare.runner, this.#spare.response)
    this.#isDecided = true
    this.#result.reject(error)
  }

  #decide(winner: Runner, response: HttpResponse): void {
    this.#isDecided = true
    for (const { controller } of this.#running) controller.abort(new RoundtripError('CLIENT_CLOSED_REQUEST'))
    if (this.#spare !== undefined && this.#spare.runner !== winner) discard(this.#spare.response)
    this.#context.facts['upstream'] = winner.attempt.nextHop.name
    this.#result.resolve(response)
  }
}
