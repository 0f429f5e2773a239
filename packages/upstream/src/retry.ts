/** Gives a request that failed to another member, where that cannot do its work twice, and only as often as a pool can bear. */
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { HttpContext, HttpHandler, HttpLayer, HttpRequest, HttpResponse } from '@roundtrip/http'
import { Attempt } from './attempt.ts'
import { backoffMs } from './backoff.ts'
import { discard } from './discard.ts'
import type { Member } from './member.ts'
import { canBeSentTwice, isIdempotent, isRetryableError, isRetryableResponse } from './retry-policy.ts'
import { standaloneRetry, type RetrySource } from './retry-source.ts'

/**
 * Stands above `balance`, which passes over members that have been tried. Nothing is tried again once a response was passed on.
 *
 * @param source the pool; without one a request is tried twice at most, and only for failed connections
 */
export const retry =
  (source: RetrySource = standaloneRetry()): HttpLayer =>
  (next) =>
  (request, context) => {
    source.budget.deposit()
    return source.settings.retry.maxAttempts === 1
      ? next(request, context)
      : new Tries(source, next, request, context).run()
  }

class Tries {
  readonly #source: RetrySource
  readonly #next: HttpHandler
  readonly #request: HttpRequest
  readonly #context: HttpContext
  readonly #tried: Member[] = []
  readonly #beganMs: number
  #content: Buffer | undefined
  #attempts = 0

  constructor(source: RetrySource, next: HttpHandler, request: HttpRequest, context: HttpContext) {
    this.#source = source
    this.#next = next
    this.#request = request
    this.#context = context
    this.#beganMs = source.settings.timeouts.totalMs === undefined ? 0 : source.surroundings.clock()
  }

  async run(): Promise<HttpResponse> {
    if (this.#isContentKept()) this.#content = await buffer(this.#request.body as Readable)
    const { on } = this.#source.settings.retry
    const twice = canBeSentTwice(this.#request, this.#content !== undefined)
    for (;;) {
      try {
        const response = await this.#attempt()
        if (!isRetryableResponse(response, on, twice) || !(await this.#mayGoOn(response))) return response
        discard(response)
      } catch (error) {
        if (!isRetryableError(error, on, twice) || !(await this.#mayGoOn(undefined))) throw error
      }
    }
  }

  async #attempt(): Promise<HttpResponse> {
    const attempt = new Attempt(this.#request, this.#tried, this.#body())
    attempt.firstByteTimeoutMs = this.#source.settings.retry.perTryTimeoutMs
    if (this.#attempts++ === 0) return this.#next(attempt, this.#context)
    attempt.totalTimeoutMs = this.#leftMs()
    this.#source.counters.retries++
    this.#source.retriesInFlight++
    try {
      return await this.#next(attempt, this.#context)
    } finally {
      this.#source.retriesInFlight--
    }
  }

  /** Waits as long as it takes to be polite. @param response of the attempt that failed, if there was one */
  async #mayGoOn(response: HttpResponse | undefined): Promise<boolean> {
    const { retry: settings } = this.#source.settings
    if (this.#attempts >= settings.maxAttempts || this.#context.signal.aborted) return false
    const isElsewhere = this.#source.hasUntried(this.#tried)
    // A member that says when to come back is not asked before; others may be.
    if (!isElsewhere && response?.fields.has('retry-after') === true) return false
    const pauseMs = backoffMs(this.#attempts, settings, this.#source.surroundings.random())
    if (pauseMs >= (this.#leftMs() ?? Infinity)) return false
    if (!this.#isAffordable()) {
      this.#source.counters.retriesRefused++
      return false
    }
    if (pauseMs >= 1) await this.#pause(pauseMs)
    return !this.#context.signal.aborted
  }

  #isAffordable(): boolean {
    const { retriesInFlight, settings, budget } = this.#source
    return retriesInFlight < settings.circuitBreaker.maxRetries && budget.withdraw()
  }

  /** Ends early when the client goes away. */
  async #pause(pauseMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#source.surroundings.schedule(resolve, pauseMs)
    this.#context.onAbandoned(resolve)
    await promise
    cancel()
  }

  #leftMs(): number | undefined {
    const { totalMs } = this.#source.settings.timeouts
    return totalMs === undefined ? undefined : totalMs - (this.#source.surroundings.clock() - this.#beganMs)
  }

  #isContentKept(): boolean {
    if (this.#request.body === undefined) return false
    const { maxBufferedBytes } = this.#source.settings.retry
    const length = Number(this.#request.fields.get('content-length') ?? Infinity)
    return isIdempotent(this.#request) && length <= maxBufferedBytes
  }

  #body(): Readable | undefined {
    return this.#content === undefined ? this.#request.body : Readable.from([this.#content])
  }
}
