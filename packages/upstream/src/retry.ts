/** Gives a request that got no answer to another member, once, where that cannot do its work twice (RFC 9110 §9.2.2). */
import { RoundtripError, type ErrorCode } from '@roundtrip/errors'
import type { HttpLayer, HttpRequest } from '@roundtrip/http'
import { wasNeverSent } from './upstream-error.ts'

const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
const connectionFailures = new Set<ErrorCode>(['UPSTREAM_UNREACHABLE', 'UPSTREAM_RESET', 'CONNECT_TIMEOUT'])

/** Nothing is buffered, so content that began to flow cannot be sent again. */
const canBeSentTwice = ({ method, body }: HttpRequest): boolean => idempotentMethods.has(method) && body === undefined

const mayRetry = (request: HttpRequest, error: unknown): boolean =>
  error instanceof RoundtripError &&
  connectionFailures.has(error.code) &&
  (wasNeverSent(error) || canBeSentTwice(request))

/** Stands directly around `forward`, which gives the second attempt to a member that has not been tried. */
export const retry = (): HttpLayer => (next) => async (request, context) => {
  try {
    return await next(request, context)
  } catch (error) {
    if (context.signal.aborted || !mayRetry(request, error)) throw error
    const { code, message, details } = error as RoundtripError
    context.log.debug({ code, details, requestId: context.requestId }, `retrying: ${message}`)
    return next(request, context)
  }
}
