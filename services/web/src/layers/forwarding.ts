/** Passes on what earlier hops said about the client, and tells both sides that we stood between them (RFC 9110 §7.6.3). */
import { addForwarding, addVia, type Fields, type HttpLayer } from '@roundtrip/http'

const pseudonym = 'roundtrip-web'

/** The tier in front has dropped what clients claim, so what is here comes from our own. */
export const wasForwarded = (fields: Fields): boolean => fields.has('forwarded') || fields.has('x-forwarded-for')

export const forwarding = (): HttpLayer => (next) => async (request, context) => {
  const { fields, httpVersion, scheme, authority } = request
  if (!wasForwarded(fields)) addForwarding(fields, { address: context.downstream.address, scheme, authority })
  addVia(fields, httpVersion, pseudonym)
  const response = await next(request, context)
  // Application servers are always spoken to in HTTP/1.1.
  addVia(response.fields, '1.1', pseudonym)
  return response
}
