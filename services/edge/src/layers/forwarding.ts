/** Tells the next hop which request this is, who asked, for which host and how (RFC 7239), and both sides that we stood between them (RFC 9110 §7.6.3). */
import { addForwarding, addVia, tellNextHop, type HttpLayer, type HttpResponse } from '@roundtrip/http'
import { whenAnswered } from '@roundtrip/pipeline'

/** Our pseudonym in Via: inner host names are nobody's business. */
const pseudonym = 'roundtrip-edge'

/** Appends to what `client-address` has left; below it, and outside of retries, which must not name us twice. */
export const forwarding = (): HttpLayer => (next) => (request, context) => {
  const { fields, httpVersion, scheme, authority } = request
  tellNextHop(request, context)
  addForwarding(fields, { address: context.downstream.address, scheme, authority })
  addVia(fields, httpVersion, pseudonym)
  return whenAnswered(next(request, context), forwarded)
}

const forwarded = (response: HttpResponse): HttpResponse => {
  addVia(response.fields, response.httpVersion ?? '1.1', pseudonym)
  return response
}
