/** One try at a request: who has been given it so far, who shall have it now, and how long that one may take. */
import { RequestCopy, type Fields, type HttpRequest } from '@roundtrip/http'
import type { Member } from './member.ts'
import type { RetainedContent } from './retained-content.ts'

/** A copy of the request as it came, so that layers below may be told of this attempt what others need not know. */
export class Attempt extends RequestCopy {
  /** In the order of the attempts; one list for all attempts at a request, those side by side included. */
  readonly tried: Member[]
  /** Set by the balancing layer. */
  nextHop!: Member
  /** Whether it runs beside another one. */
  isHedge = false
  /** What has been read of the body: one for all attempts. Without it, a body that has been read from cannot be sent again. */
  retained: RetainedContent | undefined = undefined
  /** Calls off this attempt alone. */
  signal: AbortSignal | undefined = undefined
  /** Instead of the pool's own. */
  firstByteTimeoutMs: number | undefined = undefined
  /** What is left for this attempt, its whole response included; instead of the pool's own. */
  totalTimeoutMs: number | undefined = undefined

  constructor(request: HttpRequest, tried: Member[], fields = request.fields) {
    super(request, fields)
    this.tried = tried
  }
}

/** The request itself when it is an attempt already, else the first attempt at it. */
export const attemptOf = (request: HttpRequest): Attempt =>
  request instanceof Attempt ? request : new Attempt(request, [])

/** The same attempt with other fields. */
export const withFields = (attempt: Attempt, fields: Fields): Attempt => {
  const copy = new Attempt(attempt, attempt.tried, fields)
  copy.nextHop = attempt.nextHop
  copy.retained = attempt.retained
  copy.signal = attempt.signal
  copy.firstByteTimeoutMs = attempt.firstByteTimeoutMs
  copy.totalTimeoutMs = attempt.totalTimeoutMs
  return copy
}
