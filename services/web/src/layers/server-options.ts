/** `OPTIONS *` asks about the server as a whole, not about a resource (RFC 9110 §9.3.7): answered here. */
import { Fields, type HttpLayer } from '@roundtrip/http'

const allow = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'

export const serverOptions = (): HttpLayer => (next) => async (request, context) =>
  request.target === '*' ? { status: 204, fields: Fields.of({ allow }), body: undefined } : next(request, context)
