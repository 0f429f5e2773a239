/** One key for each purpose, all from one secret (HKDF, RFC 5869): what is signed for one purpose is worth nothing for another. */
import { hkdfSync } from 'node:crypto'

/** A purpose is never renamed: all that was signed for it would be worthless. */
export type KeyPurpose =
  | 'session-position'
  | 'page-cursor'
  | 'csrf-token'
  | 'password-pepper'
  | 'mail-code'
  | 'rate-limit-key'

/** 256 bits as base64url; the same in every instance that has the secret. */
export type KeyFor = (purpose: KeyPurpose) => string

const keyBytes = 32

/** @param secret long and random: HKDF does not make a guessable one any better */
export const keysFrom =
  (secret: string): KeyFor =>
  (purpose) =>
    Buffer.from(hkdfSync('sha256', secret, '', `roundtrip app ${purpose}`, keyBytes)).toString('base64url')
