/** How far a session has got as text that a client can carry but not make up: position, expiry, HMAC-SHA256 (RFC 2104). */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Position } from './position.ts'

export interface SessionPositionOptions {
  /** The same in every process that signs or verifies. */
  readonly secret: string
  /** How long a position counts; default ten minutes. Replicas further behind than that get no reads at all. */
  readonly ttlMs?: number
  /** Wall clock in milliseconds; default `Date.now`. */
  readonly clock?: () => number
}

export interface SessionPosition {
  /** @param expiresMs on the wall clock; default `ttlMs` from now */
  sign(position: Position, expiresMs?: number): string
  /** Undefined when the text is forged, damaged or expired: it comes from a client, so it never throws. */
  verify(text: string): SignedPosition | undefined
}

export interface SignedPosition {
  readonly position: Position
  /** On the wall clock. */
  readonly expiresMs: number
}

const shape = /^([0-9A-F]{24})\.([0-9a-z]{1,11})\.([\w-]{43})$/

/** Only characters that a cookie and a header field both take (RFC 6265 §4.1.1). */
export const sessionPosition = ({
  secret,
  ttlMs = 600_000,
  clock = Date.now,
}: SessionPositionOptions): SessionPosition => {
  // The purpose is part of what is signed: a value signed for something else with the same secret is no position.
  const mac = (signed: string): Buffer => createHmac('sha256', secret).update(`session-position:${signed}`).digest()
  return {
    sign: (position, expiresMs = clock() + ttlMs) => {
      const signed = `${position}.${expiresMs.toString(36)}`
      return `${signed}.${mac(signed).toString('base64url')}`
    },
    verify: (text) => {
      const [, position, expires, given] = shape.exec(text) ?? []
      if (position === undefined || expires === undefined || given === undefined) return undefined
      const isOurs = timingSafeEqual(mac(`${position}.${expires}`), Buffer.from(given, 'base64url'))
      const expiresMs = Number.parseInt(expires, 36)
      return isOurs && expiresMs > clock() ? { position, expiresMs } : undefined
    },
  }
}
