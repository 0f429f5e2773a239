/** `WWW-Authenticate` of a refusal (RFC 6750 §3): which credentials are missing, and what is wrong with those that came. */
import type { RoundtripError } from '@roundtrip/errors'

const realm = 'Bearer realm="roundtrip"'

/** Nothing but the realm for who showed no token (RFC 6750 §3.1). */
export const challengeOf = ({ code, details }: RoundtripError): string => {
  if (code === 'TOKEN_INVALID') return `${realm}, error="invalid_token"`
  if (code === 'SCOPE_REQUIRED') return `${realm}, error="insufficient_scope", scope="${String(details['scope'])}"`
  return realm
}
