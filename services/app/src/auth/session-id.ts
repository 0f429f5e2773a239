/** The secret of a session, and the form in which it may be stored: who reads the store cannot act as anybody. */
import { createHash, randomBytes } from 'node:crypto'

const idBytes = 32

/** 256 bits from the system's generator, as the cookie carries them. */
export const newSessionId = (): string => randomBytes(idBytes).toString('base64url')

/** Whether it can be one at all; anything else is not worth a question to Redis. */
export const isSessionId = (text: string): boolean => /^[\w-]{43}$/.test(text)

/** SHA-256 is enough: there is nothing to guess at in 256 random bits. Also the name by which a session is listed and ended. */
export const sessionName = (id: string): string => createHash('sha256').update(id).digest('base64url')
