/** How far a visitor's own writes have got in the WAL: read from the request, handed out with the response, never going back. */
import type { Lsn, SessionPosition } from '@roundtrip/postgres'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { readCookie, writeCookie } from './cookies.ts'

/** For clients that keep no cookies; in requests and responses alike. It counts for both cookies. */
export const positionField = 'x-session-position'
/** Of all that the visitor has written. */
export const positionCookie = '__Host-position'
/** Of what others are shown as well: whoever bears it gets past shared caches (`EDGE_CACHE_BYPASS_COOKIES`). */
export const sharedPositionCookie = '__Host-shared-position'

/** How long a visitor's own write counts: replicas further behind than that get no reads anyway. */
export const positionTtlMs = 60_000
const maxAgeSeconds = positionTtlMs / 1000

/** Who is shown what was written: anybody, or only the visitor, as with a cart. */
export type Audience = 'anybody' | 'visitor'

const later = (a: Lsn | undefined, b: Lsn | undefined): Lsn | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a

export class VisitorPosition {
  readonly #request: FastifyRequest
  readonly #signer: SessionPosition
  #isRead = false
  #all: Lsn | undefined
  #shared: Lsn | undefined
  #hasWritten = false
  #hasShared = false

  constructor(request: FastifyRequest, signer: SessionPosition) {
    this.#request = request
    this.#signer = signer
  }

  /** Of all that this visitor has written lately, if anything. */
  get all(): Lsn | undefined {
    this.#read()
    return this.#all
  }

  /** Of the part of it that anybody is shown. */
  get shared(): Lsn | undefined {
    this.#read()
    return this.#shared
  }

  /** @param lsn of a commit */
  wrote(lsn: Lsn, audience: Audience): void {
    this.#read()
    this.#hasWritten = true
    this.#all = later(this.#all, lsn)
    if (audience === 'visitor') return
    this.#hasShared = true
    this.#shared = later(this.#shared, lsn)
  }

  /** Once something was written: as field and as cookies, for whichever the client keeps. */
  handOut(reply: FastifyReply): void {
    if (!this.#hasWritten || this.#all === undefined) return
    const value = this.#signer.sign(this.#all)
    reply.header(positionField, value)
    writeCookie(reply, positionCookie, { value, maxAgeSeconds })
    if (!this.#hasShared || this.#shared === undefined) return
    writeCookie(reply, sharedPositionCookie, { value: this.#signer.sign(this.#shared), maxAgeSeconds })
  }

  /** Only when it matters: most requests never ask, so most signatures need not be computed. */
  #read(): void {
    if (this.#isRead) return
    this.#isRead = true
    const { [positionField]: field } = this.#request.headers
    this.#shared = later(
      this.#verified(typeof field === 'string' ? field : undefined),
      this.#verified(readCookie(this.#request, sharedPositionCookie)),
    )
    this.#all = later(this.#shared, this.#verified(readCookie(this.#request, positionCookie)))
  }

  /** What is forged or has expired counts for nothing. */
  #verified(text: string | undefined): Lsn | undefined {
    return text === undefined ? undefined : this.#signer.verify(text)
  }
}
