/** An answer too large for UDP becomes an empty one with TC set, so that the client asks over TCP (RFC 2181 §9). */
import { minUdpPayloadBytes, safeUdpPayloadBytes, type Edns } from '@roundtrip/dns-wire'
import { respond, type DnsLayer } from '../dns-request.ts'

/** What the client says it can take, but never so much that it would travel in fragments (RFC 9715). */
export const udpLimitBytes = (edns: Edns | undefined): number =>
  Math.min(Math.max(edns?.udpPayloadBytes ?? minUdpPayloadBytes, minUdpPayloadBytes), safeUdpPayloadBytes)

/** What two length octets can say (RFC 1035 §4.2.2). */
const maxTcpBytes = 65_535

export const truncate = (): DnsLayer => (next) => async (request, context) => {
  const response = await next(request, context)
  if (response === undefined) return response
  // Encoded whatever the transport: here a failure to encode still becomes SERVFAIL, in the listener it could not.
  const fits =
    response.bytes.length <= (context.transport === 'tcp' ? maxTcpBytes : udpLimitBytes(request.wellFormed?.edns))
  if (fits) return response
  const { rcode, authoritative } = response.message
  // Sections are left out whole: a set cut in the middle might be taken, and cached, for all there is.
  return respond(request, { rcode, authoritative, truncated: true })
}
