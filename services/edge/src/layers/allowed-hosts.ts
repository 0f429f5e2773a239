/** Answers only for the hosts it serves (RFC 9110 §7.4): 421 for others, so that nobody borrows this server's name or cache. */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpLayer } from '@roundtrip/http'
import { hostOf } from '../routing/host-of.ts'

/** @param hosts names without port; any host is served when empty */
export const allowedHosts = (hosts: readonly string[]): HttpLayer => {
  const served = new Set(hosts.map(hostOf))
  return (next) => async (request, context) => {
    if (served.size > 0 && !served.has(hostOf(request.authority))) throw new RoundtripError('MISDIRECTED_REQUEST')
    return next(request, context)
  }
}
