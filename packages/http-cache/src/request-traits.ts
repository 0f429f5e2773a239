/** What of a request matters to the cache, found in one look over its fields. */
import { fieldName, type HttpRequest } from '@roundtrip/http'
import type { CacheSettings } from './settings.ts'

export interface RequestTraits {
  readonly cacheControl: string | undefined
  /** If-Match and If-Unmodified-Since are for the origin to evaluate (RFC 9111 §4.3.2). */
  readonly hasOriginCondition: boolean
  readonly cookie: string | undefined
}

const noTraits: RequestTraits = { cacheControl: undefined, hasOriginCondition: false, cookie: undefined }

const isOriginCondition = (name: string): boolean => name === 'if-match' || name === 'if-unmodified-since'

export const traitsOf = ({ fields }: HttpRequest): RequestTraits => {
  const { flat } = fields
  let traits = noTraits
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? ''
    if (name === 'cache-control') traits = { ...traits, cacheControl: fields.get(name) }
    else if (name === 'cookie') traits = { ...traits, cookie: fields.get(name) }
    else if (isOriginCondition(name)) traits = { ...traits, hasOriginCondition: true }
  }
  return traits
}

const hasCookie = (cookies: string, name: string): boolean =>
  cookies.split(';').some((pair) => pair.split('=', 1)[0]?.trim() === name)

/** Why a request goes past the cache; undefined when it does not. */
export const whyBypassed = (
  request: HttpRequest,
  { cookie, hasOriginCondition }: RequestTraits,
  { enabled, bypass }: CacheSettings,
): string | undefined => {
  if (!enabled) return 'disabled'
  if (request.body !== undefined) return 'request-content'
  if (hasOriginCondition) return 'if-match'
  for (const prefix of bypass.pathPrefixes) if (request.target.startsWith(prefix)) return 'path'
  if (cookie !== undefined && bypass.cookies.some((name) => hasCookie(cookie, name))) return 'cookie'
  for (const name of bypass.fields) if (request.fields.has(fieldName(name))) return 'field'
  return undefined
}

/** What the operator keeps from the cache by a rule must not be answered by one that lies behind it, either. */
export const isKeptFromCaches = (bypass: string | undefined): boolean =>
  bypass === 'path' || bypass === 'cookie' || bypass === 'field'
