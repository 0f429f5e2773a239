/** Refuses early what would only time out late: 503 with `Retry-After` (RFC 9110 §15.6.4) while there is more to do than can be done. */
import { setting } from '@roundtrip/config'
import type { HttpLayer } from '@roundtrip/http'
import { Type, type Static } from 'typebox'
import type { LoadShedder } from './load-shedder.ts'
import { overloadedResponse } from './overloaded.ts'

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
  /** From 0 up to 1. */
  readonly random?: () => number
}

/**
 * Above all work, below what logs: what this process itself has too much of. A request is open until its answer has been
 * delivered. Who waits for a pool that is slow is `upstream-limit`'s business: others may be answered from memory.
 */
export const loadShed =
  ({ shedder, priority, random = Math.random }: LoadShedOptions): HttpLayer =>
  (next) =>
  (request, context) => {
    if (!shedder.admit(priority)) return overloadedResponse(context, random)
    context.onSettled(shedder.closed)
    return next(request, context)
  }
