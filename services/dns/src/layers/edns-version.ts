/** BADVERS for an EDNS version that is not 0 (RFC 6891 §6.1.3). */
import { respond, type DnsLayer } from '../dns-request.ts'

const supportedVersion = 0

export const ednsVersion = (): DnsLayer => (next) => async (request, context) => {
  const version = request.message.edns?.version ?? supportedVersion
  return version > supportedVersion ? respond(request, { rcode: 'BADVERS' }) : next(request, context)
}
