/** Refuses early what would only time out late: 503 with `Retry-After` (RFC 9110 §15.6.4) while there is more to do than can be done. */
import { setting } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import { problemResponse, type HttpContext, type HttpLayer, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import { isPending, later } from '@roundtrip/pipeline'
import { Type, type Static } from 'typebox'
import type { LoadShedder } from './load-shedder.ts'
import type { UpstreamLoad } from './upstream-load.ts'

export const loadShedSettings = Type.Object(
  {
    priority: setting.choice(['critical', 'normal', 'sheddable'], {
      description: 'who is refused first when there is too much to do: sheddable, then normal, critical last',
      default: 'normal',
    }),
  },
  { additionalProperties: false },
)

export interface LoadShedOptions extends Readonly<Static<typeof loadShedSettings>> {
  readonly shedder: LoadShedder
  /** Name of the pool that answers this route; routes of the same pool share its limit. */
  readonly upstream?: string
  /** From 0 up to 1. */
  readonly random?: () => number
}

/** Those who are refused together should not come back together. */
const longestRetryAfterSeconds = 5

/** Made once: who has no time to answer has none for stack traces. */
const overloaded = new RoundtripError('OVERLOADED')

const refuse = (context: HttpContext, random: () => number): HttpResponse => {
  context.facts['code'] = overloaded.code
  const response = problemResponse(overloaded, context.requestId)
  response.fields.set('retry-after', 1 + Math.floor(random() * longestRetryAfterSeconds))
  return response
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

/** Above all work, below what logs. A request waits until it has the head of its answer, and is open until that has been delivered. */
export const loadShed = ({
  shedder,
  upstream: name = 'default',
  priority,
  random = Math.random,
}: LoadShedOptions): HttpLayer => {
  const upstream = shedder.upstream(name)
  return (next) => (request, context) => {
    if (!shedder.admit(priority, upstream)) return refuse(context, random)
    context.onSettled(shedder.closed)
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
