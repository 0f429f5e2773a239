/** Keeps the latest requests that took long, for operators to look at. */
import { setting } from '@roundtrip/config'
import type { HttpContext, HttpLayer, HttpRequest, HttpResponse } from '@roundtrip/http'
import { onAnswer } from '@roundtrip/pipeline'
import { Type, type Static } from 'typebox'
import { pathOf } from './path-policy.ts'

export const slowRequestsSettings = Type.Object(
  {
    slowRequestMs: setting.durationMs({
      description: 'time to the head of a response above which it is kept',
      default: 1000,
    }),
    slowRequestsKept: setting.count({ description: 'how many slow requests are kept', default: 100, minimum: 1 }),
  },
  { additionalProperties: false },
)

export type SlowRequestsSettings = Readonly<Static<typeof slowRequestsSettings>>

export interface SlowRequest {
  /** When it had been answered; ISO 8601. */
  readonly at: string
  readonly requestId: string
  readonly client: string
  readonly method: string
  readonly authority: string
  /** Without its query, which may hold secrets. */
  readonly path: string
  readonly status: number
  /** Until the head of the response was there. */
  readonly firstByteMs: number
  /** Until the last byte had left; undefined while it is under way. */
  durationMs: number | undefined
  /** Milliseconds by layer, outermost first; empty when nobody watched the request. */
  readonly layers: readonly { readonly name: string; readonly durationMs: number | undefined }[]
  /** What layers noted, such as the upstream that was chosen. */
  readonly facts: Readonly<Record<string, unknown>>
}

/** A ring, shared by all routes. */
export class SlowRequests {
  readonly #kept: SlowRequest[] = []
  readonly #size: number
  #next = 0

  constructor({ slowRequestsKept }: Pick<SlowRequestsSettings, 'slowRequestsKept'>) {
    this.#size = slowRequestsKept
  }

  add(request: SlowRequest): void {
    this.#kept[this.#next] = request
    this.#next = (this.#next + 1) % this.#size
  }

  /** Latest first. */
  recent(): readonly SlowRequest[] {
    return [...this.#kept.slice(this.#next), ...this.#kept.slice(0, this.#next)].toReversed()
  }
}

export interface SlowRequestsOptions extends Pick<SlowRequestsSettings, 'slowRequestMs'> {
  readonly ring: SlowRequests
  /** Milliseconds since the epoch; default `Date.now`. */
  readonly now?: () => number
}

const describe = (request: HttpRequest, response: HttpResponse, context: HttpContext, nowMs: number): SlowRequest => ({
  at: new Date(nowMs).toISOString(),
  requestId: context.requestId,
  client: context.client,
  method: request.method,
  authority: request.authority,
  path: pathOf(request.target),
  status: response.status,
  firstByteMs: context.elapsedMs,
  durationMs: undefined,
  layers: (context.passage?.visits ?? []).map(({ name, durationMs }) => ({ name, durationMs })),
  facts: { ...context.facts },
})

/** Judges by the time to the head: how long a body takes is up to the client. Directly inside the access log. */
export const slowRequests = ({ ring, slowRequestMs, now = Date.now }: SlowRequestsOptions): HttpLayer =>
  onAnswer((response, request, context) => {
    if (context.elapsedMs >= slowRequestMs) {
      const slow = describe(request, response, context, now())
      ring.add(slow)
      context.onSettled(noteDuration(slow, context))
    }
    return response
  })

const noteDuration = (slow: SlowRequest, context: HttpContext) => (): void => {
  slow.durationMs = context.elapsedMs
}
