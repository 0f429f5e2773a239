/** What is thrown inside becomes FORMERR or SERVFAIL (RFC 1035 §4.1.1). */
import { respond, type DnsLayer } from '../dns-request.ts'

export const errorResponse = (): DnsLayer => (next) => async (request, context) => {
  try {
    return await next(request, context)
  } catch (error) {
    // A client's garbage is no news; what fails on a well-formed query is ours.
    if (request.wellFormed === undefined) return respond(request, { rcode: 'FORMERR' })
    context.log.error({ error, client: context.client.address }, 'a query could not be answered')
    return respond(request, { rcode: 'SERVFAIL' })
  }
}
