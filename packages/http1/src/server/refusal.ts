/** The answer to what never became a request, or ceased to be one: a problem, and the end of the connection (RFC 9112 §9.6). */
import type { RoundtripError } from '@roundtrip/errors'
import { type HttpResponse, type Log, newRequestId, problemResponse } from '@roundtrip/http'

/** Logs at info: the client's fault is a fact, not a failure of ours. */
export const logRefusal = (log: Log, error: RoundtripError, client: string): string => {
  const requestId = newRequestId()
  const { code, status } = error
  log.info({ requestId, client, code, status }, `request refused: ${error.message}`)
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
