/** Cache-Status (RFC 9211): what this cache did with a request, and why. */
import type { ForwardReason } from './policy/reuse.ts'

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

/** Why the request was forwarded to whom it failed at, as `cache` has left it in the facts; undefined when it never was. */
export const failureStatus = (cache: string, facts: Readonly<Record<string, unknown>>): string | undefined =>
  forwards.has(facts['cache']) ? forwardStatus(cache, { fwd: facts['cache'] as Forward }) : undefined

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
