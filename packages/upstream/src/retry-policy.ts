/** May this failure be given to another member without doing its work twice? (RFC 9110 §9.2.2) */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpRequest, HttpResponse } from '@roundtrip/http'
import type { RetainedContent } from './retained-content.ts'
import type { RetryCondition } from './settings/retry-settings.ts'
import { wasClosedWhileIdle, wasNeverSent } from './upstream-error.ts'

const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

const isIdempotent = ({ method }: HttpRequest): boolean => idempotentMethods.has(method)

/** Content that began to flow cannot be sent again, unless it was kept. */
const isContentThere = ({ body }: HttpRequest, retained: RetainedContent | undefined): boolean =>
  body === undefined || retained?.isReplayable === true || (retained === undefined && !body.readableDidRead)

const canBeSentTwice = (request: HttpRequest, retained: RetainedContent | undefined): boolean =>
  isIdempotent(request) && isContentThere(request, retained)

const conditionOfError = ({ code }: RoundtripError): RetryCondition | undefined => {
  // Garbage in place of a head is as little of an answer as none; content that breaks off later never comes here.
  if (code === 'UPSTREAM_RESET' || code === 'UPSTREAM_INVALID') return 'reset'
  if (code === 'UPSTREAM_TIMEOUT') return 'timeout'
  return undefined
}

/** A refusal to connect, or of our own side, before anything was sent: somebody else may take the request. */
const isConnectFailure = (error: RoundtripError): boolean => error.source === 'upstream' && wasNeverSent(error)

/** Nobody is left, or nobody shall be asked: trying again would only find the same. */
const isFinal = ({ code }: RoundtripError): boolean =>
  code === 'NO_HEALTHY_UPSTREAM' || code === 'UPSTREAM_CIRCUIT_OPEN'

export const isRetryableError = (
  error: unknown,
  on: readonly RetryCondition[],
  request: HttpRequest,
  retained: RetainedContent | undefined,
): boolean => {
  if (!(error instanceof RoundtripError) || isFinal(error)) return false
  // An HTTP/2 stream may be refused when content has gone out already (RFC 9113 §8.7).
  if (isConnectFailure(error)) return on.includes('connect-failure') && isContentThere(request, retained)
  const condition = conditionOfError(error)
  return canBeSentTwice(request, retained) && condition !== undefined && on.includes(condition)
}

/** The member has all it may be given; asking it again would only find the same. */
export const isFull = (error: unknown): boolean =>
  error instanceof RoundtripError && error.code === 'UPSTREAM_OVERLOADED'

/** The member may be at work on it still, and would have the same once more. */
export const isSilence = (error: unknown): boolean =>
  error instanceof RoundtripError && error.code === 'UPSTREAM_TIMEOUT' && !wasNeverSent(error)

/** Nobody was burdened by the attempt, so that there is nothing to wait for: another member, or a new connection in place of a stale one. */
export const costNothing = (error: unknown, isElsewhere: boolean): boolean =>
  error instanceof RoundtripError && (wasClosedWhileIdle(error) || (isElsewhere && wasNeverSent(error)))

/** `Retry-After` asks us to leave that member alone, not to leave the others alone: see `retry`. */
export const isRetryableResponse = (
  { status }: HttpResponse,
  on: readonly RetryCondition[],
  request: HttpRequest,
  retained: RetainedContent | undefined,
): boolean =>
  canBeSentTwice(request, retained) && status >= 502 && status <= 504 && on.includes(String(status) as RetryCondition)
