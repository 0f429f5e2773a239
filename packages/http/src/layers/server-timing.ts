/** Tells the client how long this tier took until it had the head of the response, and which layer answered. */
import { onAnswer } from '@roundtrip/pipeline'
import type { HttpContext, HttpLayer } from '../message.ts'
import { formatServerTiming } from '../server-timing.ts'

export interface ServerTimingOptions {
  /** `edge`, `web`. */
  readonly tier: string
  readonly instance: string
  /** Whether this request may learn our timings; they tell an attacker something too. */
  readonly isWanted?: (context: HttpContext) => boolean
}

/** Appends one metric; the tiers behind have appended theirs before. */
export const serverTiming = ({ tier, instance, isWanted = isTraced }: ServerTimingOptions): HttpLayer =>
  onAnswer((response, _request, context) => {
    if (!isWanted(context)) {
      response.fields.delete('server-timing')
      return response
    }
    const by = context.passage?.answeredBy
    const metric = formatServerTiming({
      name: tier,
      durationMs: context.elapsedMs,
      description: instance,
      ...(by !== undefined && { by }),
    })
    response.fields.append('server-timing', metric)
    return response
  })

/** Whoever is traced is watched too; to ask in this order spares the others a trace of their own. */
const isTraced = (context: HttpContext): boolean => context.passage !== undefined && context.trace.sampled
