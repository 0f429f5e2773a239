/** How far a visitor's own writes have got in the WAL: read from the request, handed out with the response, never going back. */
import type { Lsn, SessionPosition } from '@roundtrip/postgres'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { readCookie, writeCookie } from './cookies.ts'

/** For clients that keep no cookies; in requests and responses alike. */
export const positionField = 'x-session-position'
export const positionCookie = '__Host-position'

/** How long a visitor's own write counts: replicas further behind than that get no reads anyway. */
export const positionTtlMs = 60_000

const later = (a: Lsn | undefined, b: Lsn | undefined): Lsn | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a

export class VisitorPosition {
  readonly #request: FastifyRequest
  readonly #signer: SessionPosition
  #isVerified = false
  #current: Lsn | undefined
  #hasWritten = false

  constructor(request: FastifyRequest, signer: SessionPosition) {
    this.#request = request
    this.#signer = signer
  }

  /** What reads must see; undefined for somebody who has not written lately. Forged and expired ones count for nothing. */
  get current(): Lsn | undefined {
    // Most requests never ask, so most signatures need not be computed.
    if (!this.#isVerified) {
      this.#isVerified = true
      const field = this.#request.headers[positionField]
      const given = [typeof field === 'string' ? field : undefined, readCookie(this.#request, positionCookie)]
      const carried = given.map((text) => (text === undefined ? undefined : this.#signer.verify(text)))
      this.#current = carried.reduce(later, undefined)
    }
    return this.#current
  }

  /** @param lsn of a commit */
  wrote(lsn: Lsn): void {
    this.#current = later(this.current, lsn)
    this.#hasWritten = true
  }

  /** Once something was written: as field and as cookie, for whichever the client keeps. */
  handOut(reply: FastifyReply): void {
    if (!this.#hasWritten || this.#current === undefined) return
    const value = this.#signer.sign(this.#current)
    reply.header(positionField, value)
    writeCookie(reply, positionCookie, { value, maxAgeSeconds: positionTtlMs / 1000 })
  }
}
