/** Lets no more requests wait for a pool than it can answer in time: 503 early instead of a timeout late. */
import type { HttpLayer, HttpRequest, HttpResponse } from '@roundtrip/http'
import { isPending, later } from '@roundtrip/pipeline'
import type { LoadShedOptions } from './load-shed.ts'
import { overloadedResponse } from './overloaded.ts'
import type { UpstreamLoad } from './upstream-load.ts'

export interface UpstreamLimitOptions extends LoadShedOptions {
  /** Name of the pool that answers this route; routes of the same pool share its limit. */
  readonly upstream?: string
}

/** One request's wait. It begins when its content has arrived: a client that sends slowly takes nobody's place. */
class Wait {
  readonly #upstream: UpstreamLoad
  #startMs: number | undefined
  #waiting = 0
  #isOver = false

  constructor(upstream: UpstreamLoad, { body }: HttpRequest) {
    this.#upstream = upstream
    if (body === undefined || body.readableEnded) this.#begin()
    else body.once('end', () => this.#begin())
  }

  end(isGood: boolean): void {
    this.#isOver = true
    if (this.#startMs !== undefined) this.#upstream.answered(this.#startMs, this.#waiting, isGood)
  }

  #begin(): void {
    if (this.#isOver) return
    this.#startMs = this.#upstream.clock()
    this.#waiting = this.#upstream.waits()
  }
}

/**
 * Below the cache, which answers without the pool what it has, and in place of the refusal where it may: a pool that
 * hangs must not cost anybody what is in memory. Below `collapse`: those who wait for one request are one request.
 */
export const upstreamLimit = ({
  shedder,
  upstream: name = 'default',
  priority,
  random = Math.random,
}: UpstreamLimitOptions): HttpLayer => {
  const upstream = shedder.upstream(name)
  return (next) => (request, context) => {
    if (!shedder.admitTo(upstream, priority)) return overloadedResponse(context, random)
    const answer = next(request, context)
    // What is at hand has waited for nobody, and says nothing about who is waited for.
    return isPending(answer) ? later(answer).after(answered, failed, new Wait(upstream, request), undefined) : answer
  }
}

const answered = (response: HttpResponse, wait: Wait): HttpResponse => {
  wait.end(response.status < 500)
  return response
}

const failed = (error: unknown, wait: Wait): never => {
  wait.end(false)
  throw error
}
