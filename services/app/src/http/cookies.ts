/** Cookies as RFC 6265 §4 has them: read one; write one that only this host, and only over TLS, gets back. */
import type { FastifyReply, FastifyRequest } from 'fastify'

/** The prefix makes browsers refuse the cookie from a subdomain or over plain HTTP (RFC 6265bis §4.1.3.2). */
export type HostCookieName = `__Host-${string}`

export interface HostCookie {
  /** Of the characters that a cookie can carry (RFC 6265 §4.1.1). */
  readonly value: string
  /** Until the browser closes when left out; 0 removes it. */
  readonly maxAgeSeconds?: number
  /** Default `Lax`: sent along when somebody follows a link to here, but not with a form on another site. */
  readonly sameSite?: 'Lax' | 'Strict'
}

const cookieOctets = /^[!#-+\--:<-[\]-~]*$/

/** The first of that name: browsers send the most specific one first (RFC 6265 §5.4). */
export const readCookie = ({ headers }: FastifyRequest, name: string): string | undefined => {
  const { cookie } = headers
  if (cookie === undefined) return undefined
  for (const pair of cookie.split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return undefined
}

/** Scripts cannot read it. @throws TypeError for a value that no cookie can carry */
export const writeCookie = (
  reply: FastifyReply,
  name: HostCookieName,
  { value, maxAgeSeconds, sameSite = 'Lax' }: HostCookie,
): void => {
  if (!cookieOctets.test(value)) throw new TypeError(`not the value of a cookie: ${JSON.stringify(value)}`)
  const age = maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`
  // Fastify adds a line for each Set-Cookie; other fields it would replace.
  reply.header('set-cookie', `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=${sameSite}${age}`)
}
