/** What an unsafe request makes obsolete (RFC 9111 §4.4). */
import type { Fields, HttpRequest } from '@roundtrip/http'

/** Methods that change nothing (RFC 9110 §9.2.1); unknown ones are taken to change something. */
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

export const isUnsafe = (method: string): boolean => !safeMethods.has(method)

/** A failed write has changed nothing, as far as anybody can tell. */
export const invalidates = (status: number): boolean => status >= 200 && status < 400

/** The URLs of this origin that must be asked for anew; those of others are not this response's to speak of. */
export const invalidatedUrls = ({ scheme, authority, target }: HttpRequest, response: Fields): string[] => {
  const own = `${scheme}://${authority}${target}`
  const urls = new Set([own])
  const origin = URL.parse(own)?.origin
  for (const name of ['location', 'content-location'] as const) {
    const url = URL.parse(response.get(name) ?? '', own)
    if (url === null || url.origin !== origin || !response.has(name)) continue
    urls.add(`${scheme}://${authority}${url.pathname}${url.search}`)
  }
  return [...urls]
}
