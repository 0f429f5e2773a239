/** Refuses early what would only time out late: 503 with `Retry-After` (RFC 9110 §15.6.4) while there is more to do than can be done. */
import { RoundtripError } from '@roundtrip/errors'
import type { LoadShedder } from '../load/load-shedder.ts'
import { priorityOf } from '../load/priority-of.ts'
import { sendError } from './error-envelope.ts'
import type { AppServer } from './server.ts'

/** Made once: who has no time to answer has none for stack traces. Those who are refused together should not come back together. */
const refusals = [1, 2, 3, 4, 5].map(
  (retryAfterSeconds) => new RoundtripError('OVERLOADED', undefined, { details: { retryAfterSeconds } }),
)

/** @param random from 0 up to 1 */
export const loadShed = (
  app: AppServer,
  shedder: Pick<LoadShedder, 'admit' | 'left'>,
  random: () => number = Math.random,
): void => {
  const refusal = (): RoundtripError =>
    refusals[Math.floor(random() * refusals.length)] ?? new RoundtripError('OVERLOADED')
  app.addHook('onRequest', (request, reply, done) => {
    const priority = priorityOf({ method: request.method, route: request.routeOptions.url })
    if (priority === undefined) return done()
    // Not thrown: each would get an error line of its own, of which the access log and the figures know all there is.
    if (!shedder.admit(priority)) return void sendError(refusal(), request, reply)
    reply.raw.once('close', shedder.left)
    done()
  })
}
