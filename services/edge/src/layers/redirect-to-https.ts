/** The terminal of the plain HTTP listener: whoever comes is sent to HTTPS. */
import type { HttpHandler } from '@roundtrip/http'
import { redirectToHttps as redirect } from './https-redirect.ts'

/** @param publicHttpsPort as clients reach it */
export const redirectToHttps =
  (publicHttpsPort: number): HttpHandler =>
  async (request) =>
    redirect(request, publicHttpsPort)
