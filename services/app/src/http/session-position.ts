/** How far a visitor has got in the WAL, by writing and by reading: taken from the request, handed out with the response, never going back. */
import type { Lsn, SessionPosition } from '@roundtrip/postgres'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { readCookie, writeCookie } from './cookies.ts'

/** For clients that keep no cookies; in requests and responses alike. It counts for all three cookies. */
export const positionField = 'x-session-position'
/** Of all that the visitor has written. */
export const positionCookie = '__Host-position'
/** Of what others are shown as well: whoever bears it gets past shared caches (`EDGE_CACHE_BYPASS_COOKIES`). */
export const sharedPositionCookie = '__Host-shared-position'
/**
 * Of what the visitor has read since. Apart from the others: the answer to a read that was on its way when something was
 * written, and comes after the answer to that, must not take its position back.
 */
export const seenPositionCookie = '__Host-seen-position'

/** How long a visitor's own write counts: replicas further behind than that get no reads anyway. */
export const positionTtlMs = 60_000
const maxAgeSeconds = positionTtlMs / 1000

/** Who is shown what is written or read: anybody, or only the visitor, as with a cart. */
export type Audience = 'anybody' | 'visitor'

const later = (a: Lsn | undefined, b: Lsn | undefined): Lsn | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a

export class VisitorPosition {
  readonly #request: FastifyRequest
  readonly #signer: SessionPosition
  #isRead = false
  #written: Lsn | undefined
  #shared: Lsn | undefined
  #seen: Lsn | undefined
  /** Of the latest write that the request tells of. */
  #expiresMs: number | undefined
  #hasWritten = false
  #hasShared = false
  #hasSeen = false

  constructor(request: FastifyRequest, signer: SessionPosition) {
    this.#request = request
    this.#signer = signer
  }

  /** Nobody is held to what they have read before they have written, nor when that has expired: they use the caches. */
  of(audience: Audience): Lsn | undefined {
    this.#read()
    const written = audience === 'anybody' ? this.#shared : this.#written
    return written === undefined ? undefined : later(written, this.#seen)
  }

  /** @param lsn of a commit */
  wrote(lsn: Lsn, audience: Audience): void {
    this.#read()
    this.#hasWritten = true
    this.#written = later(this.#written, lsn)
    if (audience === 'visitor') return
    this.#hasShared = true
    this.#shared = later(this.#shared, lsn)
  }

  /** @param lsn before which all stands that a read has shown */
  saw(lsn: Lsn): void {
    // What is read of the catalogue may lie between the two positions of somebody who has put something into a cart since.
    const before = this.of('anybody') ?? this.of('visitor')
    if (before === undefined || lsn <= before) return
    this.#hasSeen = true
    this.#seen = lsn
  }

  /** What has got further: as field and as cookies, for whichever the client keeps. */
  handOut(reply: FastifyReply): void {
    const all = this.of('visitor')
    if (all === undefined || !(this.#hasWritten || this.#hasSeen)) return
    // Reading does not prolong the time after a write: who goes on reading gets back to the caches.
    const expiresMs = this.#hasWritten ? undefined : this.#expiresMs
    this.#hand(reply, seenPositionCookie, this.#hasSeen ? this.#seen : undefined, expiresMs)
    this.#hand(reply, positionCookie, this.#hasWritten ? all : undefined)
    this.#hand(reply, sharedPositionCookie, this.#hasShared ? this.of('anybody') : undefined)
    reply.header(positionField, this.#signer.sign(all, expiresMs))
  }

  #hand(reply: FastifyReply, name: `__Host-${string}`, position: Lsn | undefined, expiresMs?: number): void {
    if (position === undefined) return
    writeCookie(reply, name, { value: this.#signer.sign(position, expiresMs), maxAgeSeconds })
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
    this.#written = later(this.#shared, this.#verified(readCookie(this.#request, positionCookie)))
    this.#seen = this.#verified(readCookie(this.#request, seenPositionCookie))
  }

  /** What is forged or has expired counts for nothing. */
  #verified(text: string | undefined): Lsn | undefined {
    const signed = text === undefined ? undefined : this.#signer.verify(text)
    if (signed === undefined) return undefined
    this.#expiresMs = Math.max(this.#expiresMs ?? 0, signed.expiresMs)
    return signed.position
  }
}
