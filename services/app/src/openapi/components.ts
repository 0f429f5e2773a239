/** What operations have in common: headers, examples of failures, and how clients say who they are. */
import type { ErrorCode } from '@roundtrip/errors'
import { sessionCookie } from '../auth/session-cookie.ts'
import { describedSchemas } from './named-schemas.ts'
import { problemExample } from './problem-response.ts'

const text = { type: 'string' }

export const headers = {
  'X-Request-Id': { description: 'finds this request in the logs of every tier', schema: text },
  'Retry-After': {
    description: 'seconds after which to send it again (RFC 9110 §10.2.3)',
    schema: { type: 'integer', minimum: 1 },
  },
  'WWW-Authenticate': { description: 'what is missing, or wrong with what came (RFC 6750 §3)', schema: text },
  Location: { description: 'where what was made is', schema: text },
  ETag: {
    description: 'of the state that was sent, or that there is now: for If-None-Match and If-Match',
    schema: text,
  },
  Link: { description: 'rel="next": the next page (RFC 8288); none on the last', schema: text },
  'Accept-Patch': { description: 'what PATCH takes here (RFC 5789 §3.1)', schema: text },
  'Idempotency-Replayed': {
    description: 'only when it had been done before under the same key',
    schema: { type: 'string', const: 'true' },
  },
  'Set-Cookie': { description: 'the session, the position in the database, or the cart', schema: text },
  'X-Session-Position': {
    description:
      'how far this client has got by what it has written, and has read since: sent back, its reads show nothing older. Of several the greatest as text. Cookies say the same',
    schema: text,
  },
}

const session = {
  type: 'apiKey',
  in: 'cookie',
  name: sessionCookie,
  description:
    'From POST /api/sessions. Where a client sends neither Origin nor Sec-Fetch-Site, whatever changes something needs the X-CSRF-Token of the session.',
}
const token = {
  type: 'http',
  scheme: 'bearer',
  description: 'From POST /api/tokens; each operation names the scope that it needs (RFC 6750).',
}

/** @param used codes that some operation names */
export const componentsOf = (used: ReadonlySet<ErrorCode>) => ({
  securitySchemes: { session, token },
  headers,
  examples: Object.fromEntries([...used].toSorted().map((code) => [code, problemExample(code)])),
  schemas: describedSchemas(),
})
