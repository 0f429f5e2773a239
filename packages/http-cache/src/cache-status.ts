/** Cache-Status (RFC 9211): what this cache did with a request, and why. */
import type { HttpContext, HttpResponse } from '@roundtrip/http'
import type { ForwardReason } from './policy/reuse.ts'

/** How a cache calls itself unless it is given another name. */
export const defaultCacheName = 'roundtrip-edge'

/** Why a request was forwarded, in the words of §2.2. */
export type Forward = ForwardReason | 'uri-miss' | 'vary-miss' | 'miss' | 'partial' | 'method' | 'bypass'

export interface Forwarded {
  readonly fwd: Forward
  readonly fwdStatus?: number | undefined
  /** Whether the response was stored, or is being. */
  readonly stored?: boolean | undefined
  /** Whether one fetch answers several requests. */
  readonly collapsed?: boolean | undefined
  /** A word on why, e.g. the reason for not storing. */
  readonly detail?: string | undefined
}

const forwards = new Set<unknown>([
  'request',
  'stale',
  'uri-miss',
  'vary-miss',
  'miss',
  'partial',
  'method',
  'bypass',
] satisfies Forward[])

/** @param cache a structured-field token, e.g. `roundtrip-edge` */
export const hitStatus = (cache: string, ttlSeconds: number, detail?: string): string =>
  `${cache}; hit; ttl=${ttlSeconds}${detail === undefined ? '' : `; detail=${detail}`}`

export const forwardStatus = (cache: string, { fwd, fwdStatus, stored, collapsed, detail }: Forwarded): string => {
  let text = `${cache}; fwd=${fwd}`
  if (fwdStatus !== undefined) text += `; fwd-status=${fwdStatus}`
  if (stored === true) text += '; stored'
  if (collapsed === true) text += '; collapsed'
  return detail === undefined ? text : `${text}; detail=${detail}`
}

/**
 * For `errorResponse`: says of what failed behind the cache, and became an answer above it, why it was forwarded, as
 * `cache` has left it in the facts. @param name as `cache` has it
 */
export const cacheStatusOfFailure =
  (name = defaultCacheName) =>
  ({ fields }: HttpResponse, { facts }: HttpContext): void => {
    const fwd = facts['cache']
    if (forwards.has(fwd)) fields.append('cache-status', forwardStatus(name, { fwd: fwd as Forward }))
  }
