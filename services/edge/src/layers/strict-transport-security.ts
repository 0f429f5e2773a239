/** Tells browsers never to come without TLS again (RFC 6797). */
import type { HttpLayer } from '@roundtrip/http'

const oneYearSeconds = 31_536_000

/**
 * Only where HTTPS has its own port: a browser that has seen the field replaces the scheme but keeps a port that is
 * not 80 (§8.3), and would then speak TLS to a listener for plain HTTP.
 */
export const strictTransportSecurity =
  (publicHttpsPort: number): HttpLayer =>
  (next) =>
  async (request, context) => {
    const response = await next(request, context)
    if (publicHttpsPort === 443) response.fields.set('strict-transport-security', `max-age=${oneYearSeconds}`)
    return response
  }
