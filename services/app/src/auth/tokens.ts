/** Personal API tokens as text: a prefix that scanners of leaked secrets know, 256 random bits, and a checksum. */
import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { toBase32 } from './base32.ts'

const prefix = 'rtp_'
const secretBytes = 32
const secretLength = 52
const shape = /^rtp_([0-9a-hjkmnp-tv-z]{52})([0-9a-hjkmnp-tv-z]{7})$/

/** Whoever mistypes one, or finds one in a log, can tell without asking anybody. */
const checksumOf = (secret: string): string => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(secret))
  return toBase32(bytes)
}

export const newToken = (): string => {
  const secret = toBase32(randomBytes(secretBytes))
  return `${prefix}${secret}${checksumOf(secret)}`
}

/** What is stored. SHA-256 is enough: there is nothing to guess at in 256 random bits. */
export const tokenHash = (token: string): Buffer => createHash('sha256').update(token).digest()

/** Anything else is not worth a question to the database. */
export const isToken = (text: string): boolean => {
  const [, secret, checksum] = shape.exec(text) ?? []
  return secret?.length === secretLength && checksum === checksumOf(secret)
}

/**
 * The token of `Authorization: Bearer` (RFC 6750 §2.1). Undefined when the field is absent or of another scheme, empty
 * when there is a bearer token but not one token.
 */
export const bearerOf = (authorization: string | undefined): string | undefined => {
  const [, token] = /^bearer(?: +([\w.~+/-]+=*))? *$/i.exec(authorization ?? '') ?? []
  if (token !== undefined) return token
  return /^bearer(?: |$)/i.test(authorization ?? '') ? '' : undefined
}
