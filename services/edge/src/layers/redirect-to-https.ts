/** The terminal of the plain HTTP listener: the same address over TLS, method and content kept (RFC 9110 §15.4.9). */
import { Fields, type HttpHandler } from '@roundtrip/http'

/** @param publicHttpsPort as clients reach it */
export const redirectToHttps =
  (publicHttpsPort: number): HttpHandler =>
  async ({ authority, target }) => {
    const host = authority.replace(/:\d*$/, '')
    const port = publicHttpsPort === 443 ? '' : `:${publicHttpsPort}`
    const location = `https://${host}${port}${target === '*' ? '/' : target}`
    return { status: 308, fields: Fields.of({ location, 'cache-control': 'max-age=300' }), body: undefined }
  }
