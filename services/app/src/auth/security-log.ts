/** Who signed in, who tried to, and what was changed: one line each, without secrets (OWASP ASVS 4.0.3 §7.1.3, §7.2.1). */
import { RoundtripError } from '@roundtrip/errors'
import type { FastifyRequest } from 'fastify'
import { traceOf } from '../http/request-context.ts'
import type { Caller } from './sign-in.ts'

export type SecurityEvent =
  | 'account-opened'
  | 'code-sent'
  | 'password-changed'
  | 'password-reset'
  | 'role-changed'
  | 'sessions-ended'
  | 'signed-in'
  | 'signed-out'
  | 'token-made'
  | 'token-revoked'

/** Only what the client did wrong is noted here: our own failures have a line of their own. */
const isRefusal = (error: unknown): error is RoundtripError => error instanceof RoundtripError && error.status < 500

/**
 * Does the work and notes what became of it.
 * @param facts of the line; mail addresses stay out of the log
 */
export const noted = async <T>(
  request: FastifyRequest,
  event: SecurityEvent,
  { client }: Pick<Caller, 'client'>,
  work: () => Promise<T>,
  facts: (result: T) => object = () => ({}),
): Promise<T> => {
  const known = { event, client, traceId: traceOf(request).traceId }
  try {
    const result = await work()
    request.log.info({ ...known, outcome: 'done', ...facts(result) }, event)
    return result
  } catch (error) {
    if (isRefusal(error)) request.log.warn({ ...known, outcome: 'refused', code: error.code }, `not ${event}`)
    throw error
  }
}
