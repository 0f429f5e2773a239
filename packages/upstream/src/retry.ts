/** Gives a request that failed to another member, where that cannot do its work twice, and only as often as a pool can bear. */
import type { HttpContext, HttpHandler, HttpLayer, HttpRequest, HttpResponse } from '@roundtrip/http'
import { whenOver, type Answer } from '@roundtrip/pipeline'
import { Attempt } from './attempt.ts'
import { backoffMs } from './backoff.ts'
import { discard } from './discard.ts'
import type { Member } from './member.ts'
import { RetainedContent } from './retained-content.ts'
import { costNothing, isFull, isRetryableError, isRetryableResponse, isSilence } from './retry-policy.ts'
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
    if (source.settings.retry.maxAttempts === 1) return next(request, context)
    return firstTry(source, next, request, context)
  }

/** Also for a POST, whose content may have gone out on an HTTP/2 stream that is then refused. What is announced as longer is not even begun with. */
const retainedFor = ({ settings }: RetrySource, { body, fields }: HttpRequest): RetainedContent | undefined => {
  const { maxBufferedBytes } = settings.retry
  if (body === undefined || maxBufferedBytes === 0) return undefined
  const isTooLong = Number(fields.get('content-length') ?? 0) > maxBufferedBytes
  return isTooLong ? undefined : new RetainedContent(maxBufferedBytes)
}

/** Most requests need no more than this: what a second attempt takes is made when there is one. */
const firstTry = (
  source: RetrySource,
  next: HttpHandler,
  request: HttpRequest,
  context: HttpContext,
): Answer<HttpResponse> => {
  const { retry: settings, timeouts } = source.settings
  const beganMs = timeouts.totalMs === undefined ? 0 : source.surroundings.clock()
  const retained = retainedFor(source, request)
  const attempt = new Attempt(request, [])
  attempt.retained = retained
  attempt.firstByteTimeoutMs = settings.perTryTimeoutMs
  const what: Tried = { source, next, request, context, retained, beganMs, tried: attempt.tried }
  return whenOver(next, attempt, context, firstAnswered, firstFailed, what)
}

const firstAnswered = (response: HttpResponse, what: Tried): Answer<HttpResponse> =>
  isRetryableResponse(response, what.source.settings.retry.on, what.request, what.retained)
    ? new FurtherTries(what).run(response, undefined)
    : response

const firstFailed = (error: unknown, what: Tried): Promise<HttpResponse> => new FurtherTries(what).run(undefined, error)

interface Tried {
  readonly source: RetrySource
  readonly next: HttpHandler
  readonly request: HttpRequest
  readonly context: HttpContext
  /** What has been read of its content, where that is kept. */
  readonly retained: RetainedContent | undefined
  /** On the source's clock, where there is a bound on the whole. */
  readonly beganMs: number
  /** One list for all attempts. */
  readonly tried: Member[]
}

class FurtherTries {
  readonly #what: Tried
  readonly #source: RetrySource
  #attempts = 1

  constructor(what: Tried) {
    this.#what = what
    this.#source = what.source
  }

  /** @param failed the answer of the first attempt; without one its `error` counts */
  async run(failed: HttpResponse | undefined, error: unknown): Promise<HttpResponse> {
    const { request, retained } = this.#what
    const { on } = this.#source.settings.retry
    for (let response = failed, failure = error; ;) {
      const isWorthIt =
        response === undefined
          ? isRetryableError(failure, on, request, retained)
          : isRetryableResponse(response, on, request, retained)
      if (!isWorthIt || !(await this.#mayGoOn(response, failure))) {
        if (response === undefined) throw failure
        return response
      }
      if (response !== undefined) discard(response)
      response = undefined
      try {
        response = await this.#tryAgain()
      } catch (thrown) {
        failure = thrown
      }
    }
  }

  async #tryAgain(): Promise<HttpResponse> {
    const { next, request, context, retained, tried } = this.#what
    const attempt = new Attempt(request, tried)
    attempt.retained = retained
    attempt.firstByteTimeoutMs = this.#source.settings.retry.perTryTimeoutMs
    attempt.totalTimeoutMs = this.#leftMs()
    this.#attempts++
    this.#source.counters.retries++
    this.#source.retriesInFlight++
    try {
      return await next(attempt, context)
    } finally {
      this.#source.retriesInFlight--
    }
  }

  /** Waits as long as it takes to be polite. @param response of the attempt that failed; without one its `error` counts */
  async #mayGoOn(response: HttpResponse | undefined, error: unknown): Promise<boolean> {
    const { retry: settings } = this.#source.settings
    if (this.#attempts >= settings.maxAttempts || this.#what.context.signal.aborted) return false
    const isElsewhere = this.#source.hasUntried(this.#what.tried)
    // A member that has answered, or had its time, would do the same again, and be worse off; others may do better.
    if (!isElsewhere && (response !== undefined || isFull(error) || isSilence(error))) return false
    const isAtOnce = response === undefined && costNothing(error, isElsewhere)
    const pauseMs = isAtOnce ? 0 : backoffMs(this.#attempts, settings, this.#source.surroundings.random())
    if (pauseMs >= (this.#leftMs() ?? Infinity)) return false
    if (!this.#isAffordable()) {
      this.#source.counters.retriesRefused++
      return false
    }
    if (pauseMs >= 1) await this.#pause(pauseMs)
    return !this.#what.context.signal.aborted
  }

  #isAffordable(): boolean {
    const { retriesInFlight, settings, budget } = this.#source
    return retriesInFlight < settings.circuitBreaker.maxRetries && budget.withdraw()
  }

  /** Ends early when the client goes away. */
  async #pause(pauseMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#source.surroundings.schedule(resolve, pauseMs)
    this.#what.context.onAbandoned(resolve)
    await promise
    cancel()
  }

  #leftMs(): number | undefined {
    const { totalMs } = this.#source.settings.timeouts
    return totalMs === undefined ? undefined : totalMs - (this.#source.surroundings.clock() - this.#what.beganMs)
  }
}
