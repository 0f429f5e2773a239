/** A target URI has the scheme that the client used (RFC 9110 §7.1), which the tier in front knows: it is what a cache has to go by. */
import type { HttpLayer } from '@roundtrip/http'
import { wasForwarded } from './forwarding.ts'

/** Above the cache, whose keys tell schemes apart, and which compares a Location with them (RFC 9111 §4.4). */
export const clientScheme = (): HttpLayer => (next) => (request, context) => {
  const { fields, scheme } = request
  const isOther = scheme === 'http' && fields.get('x-forwarded-proto') === 'https' && wasForwarded(fields)
  return next(isOther ? { ...request, scheme: 'https' } : request, context)
}
