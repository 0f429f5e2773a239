/** Sends whoever came without TLS to the same address over TLS, method and content kept (RFC 9110 §15.4.9). */
import { setting } from '@roundtrip/config'
import { Fields, type HttpLayer, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import { Type, type Static } from 'typebox'
import { canonicalPath } from '../routing/canonical-path.ts'

export const httpsRedirectSettings = Type.Object(
  {
    httpsRedirect: setting.flag({ description: 'whether requests without TLS are redirected', default: true }),
    plainPaths: setting.list({
      description: 'paths served without TLS too, such as those a certificate authority asks for (RFC 8555 §8.3)',
      default: ['/.well-known/acme-challenge/'],
    }),
  },
  { additionalProperties: false },
)

export type HttpsRedirectSettings = Readonly<Static<typeof httpsRedirectSettings>>

export interface HttpsRedirectOptions extends HttpsRedirectSettings {
  /** As clients reach it. */
  readonly publicHttpsPort: number
}

/** To the same host: the caller has made sure that it is one of ours. */
export const redirectToHttps = ({ authority, target }: HttpRequest, publicHttpsPort: number): HttpResponse => {
  const host = authority.replace(/:\d*$/, '')
  const port = publicHttpsPort === 443 ? '' : `:${publicHttpsPort}`
  const location = `https://${host}${port}${target === '*' ? '/' : target}`
  return { status: 308, fields: Fields.of({ location, 'cache-control': 'max-age=300' }), body: undefined }
}

/** Below `validate`, or it would lend our name to redirects to hosts of the client's choice. */
export const httpsRedirect = ({
  httpsRedirect: isOn,
  plainPaths,
  publicHttpsPort,
}: HttpsRedirectOptions): HttpLayer => {
  const isPlain = (target: string): boolean => plainPaths.some((path) => canonicalPath(target).startsWith(path))
  return (next) => {
    if (!isOn) return next
    return (request, context) =>
      request.scheme === 'https' || isPlain(request.target)
        ? next(request, context)
        : redirectToHttps(request, publicHttpsPort)
  }
}
