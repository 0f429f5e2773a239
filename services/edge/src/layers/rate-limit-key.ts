/** Whose count a request goes to: its client's, or that of the key it shows. */
import { hash } from 'node:crypto'
import { RoundtripError } from '@roundtrip/errors'
import { clientNetwork, fieldName, type HttpContext, type HttpRequest } from '@roundtrip/http'
import type { RateLimitPolicy } from './rate-limit-settings.ts'

/** API keys and sessions are secrets, and of any length: what is kept of them is a hash (SHA-256, 128 bits of it). */
const fingerprint = (value: string): string => hash('sha256', value, 'hex').slice(0, 32)

/** @param header of one or more cookies (RFC 6265 §5.4) */
const cookieOf = (header: string | undefined, name: string): string | undefined => {
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return undefined
}

const shownBy = ({ by, field = '' }: RateLimitPolicy, { fields }: HttpRequest): string | undefined =>
  by === 'header' ? fields.get(fieldName(field)) : cookieOf(fields.get('cookie'), field)

/**
 * Who shows no key is counted by address, so that leaving it out is no way around. Keys that were never given out count
 * each by itself: such a policy wants one by `client` beside it.
 *
 * @throws RoundtripError `SETTINGS_INVALID` when the field is not named
 */
export const rateLimitKey = (policy: RateLimitPolicy): ((request: HttpRequest, context: HttpContext) => string) => {
  const { by, name, field } = policy
  if (by === 'all') return () => ''
  if (by === 'client') return (_request, { client }) => clientNetwork(client)
  if (field === undefined)
    throw new RoundtripError('SETTINGS_INVALID', `The rate limit ${name} counts by ${by}, but names no field.`)
  return (request, { client }) => {
    const shown = shownBy(policy, request)
    return shown === undefined || shown === '' ? clientNetwork(client) : `#${fingerprint(shown)}`
  }
}
