/** What callers are told when the database could not serve them. */
import { RoundtripError } from '@roundtrip/errors'
import { isNodeBusy, isNodeGone, isTooSlow } from './failure.ts'

/** For `Retry-After`: about what noticing a failure, or a promotion, takes. */
const details = { retryAfterSeconds: 1 }

export const busy = (cause: unknown): RoundtripError =>
  new RoundtripError('DATABASE_BUSY', undefined, { cause, details })

export const unavailable = (cause?: unknown): RoundtripError =>
  new RoundtripError('DATABASE_UNAVAILABLE', undefined, { cause, details })

/** What a caller can act on; anything else (a broken constraint, a wrong query) stays what it is. */
export const explained = (error: unknown): unknown => {
  if (isNodeBusy(error)) return busy(error)
  return isNodeGone(error) || isTooSlow(error) ? unavailable(error) : error
}
