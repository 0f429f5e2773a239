/** Methods that a reverse proxy answers itself: CONNECT and TRACE never, `OPTIONS *` for the server as a whole (RFC 9110 §9.3). */
import { RoundtripError } from '@roundtrip/errors'
import { Fields, type HttpLayer } from '@roundtrip/http'

export const allow = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'

/** CONNECT would make a tunnel of us; TRACE would show a script the fields that are hidden from it. */
const refused = new Set(['CONNECT', 'TRACE'])

export const methods = (): HttpLayer => (next) => async (request, context) => {
  if (refused.has(request.method)) throw new RoundtripError('METHOD_NOT_ALLOWED', undefined, { details: { allow } })
  if (request.target === '*') return { status: 204, fields: Fields.of({ allow }), body: undefined }
  return next(request, context)
}
