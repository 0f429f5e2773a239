/** Names for requests: unique, short, and cheaper than a random one each time. */
import { randomBytes } from 'node:crypto'

/** No two processes share it; 72 bits, as nobody coordinates them. */
const ofProcess = randomBytes(9).toString('base64url')

let count = 0

/** `Vw3cZ9kQ1a2b-1f`: which process, and its how-manieth. Guessing one is of no use to anybody: it only names. */
export const newRequestId = (): string => `${ofProcess}-${(count++).toString(36)}`
