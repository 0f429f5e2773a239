/** The answer to what never became a request, or ceased to be one: a problem, and the end of the connection (RFC 9112 §9.6). */
import type { RoundtripError } from '@roundtrip/errors'
import { type HttpResponse, type Log, newRequestId, problemResponse } from '@roundtrip/http'
import type { Exchange } from './exchange.ts'

/**
 * Logs at info: the client's fault is a fact, not a failure of ours; and at debug what its handler has in its own log.
 *
 * @returns the request's id, or a new one when it never got as far as that
 */
export const logRefusal = (
  log: Log,
  error: RoundtripError,
  client: string,
  exchange: Pick<Exchange, 'context' | 'isHandled'> | undefined,
): string => {
  const requestId = exchange?.context.requestId ?? newRequestId()
  const facts = { requestId, client, code: error.code, status: error.status }
  const sentence = `request refused: ${error.message}`
  if (exchange?.isHandled === true) log.debug(facts, sentence)
  else log.info(facts, sentence)
  return requestId
}

const defaultAllow = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'

/** @param allow what a refused method is told to use instead (RFC 9110 §15.5.6) */
export const refusalResponse = (error: RoundtripError, requestId: string, allow = defaultAllow): HttpResponse => {
  const response = problemResponse(error, requestId)
  response.fields.set('connection', 'close').set('x-request-id', requestId)
  if (error.code === 'METHOD_NOT_ALLOWED') response.fields.set('allow', allow)
  return response
}
