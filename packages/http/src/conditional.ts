/** Conditional requests (RFC 9110 §13): entity tags, dates, and the order in which they are evaluated. */
import type { Fields } from './fields.ts'
import { parseHttpDate } from './http-date.ts'

export interface Validators {
  /** With its quotes, and `W/` when weak. */
  readonly etag?: string
  /** Seconds matter, not milliseconds: HTTP dates have no finer grain. */
  readonly lastModified?: Date
}

export type Precondition = 'proceed' | 'not-modified' | 'failed'

const opaque = (etag: string): string => etag.replace(/^W\//, '')
const weakMatch = (a: string, b: string): boolean => opaque(a) === opaque(b)
const strongMatch = (a: string, b: string): boolean => !a.startsWith('W/') && a === b
const etagList = (value: string): string[] => value.match(/(?:W\/)?"[^"]*"/g) ?? []

const wholeSeconds = (ms: number): number => Math.floor(ms / 1000)

/** `*` stands for any representation that exists; to be evaluated at all, one must. */
const listed = (value: string, etag: string | undefined, match: (a: string, b: string) => boolean): boolean =>
  value.trim() === '*' || (etag !== undefined && etagList(value).some((one) => match(one, etag)))

/** Evaluates the preconditions of a request against a representation, in the order of §13.2.2. */
export const evaluatePreconditions = (method: string, request: Fields, current: Validators): Precondition => {
  const isRead = method === 'GET' || method === 'HEAD'
  const modified = current.lastModified?.getTime()

  const ifMatch = request.get('if-match')
  if (ifMatch !== undefined) {
    if (!listed(ifMatch, current.etag, strongMatch)) return 'failed'
  } else {
    const since = parseHttpDate(request.get('if-unmodified-since'))
    if (since !== undefined && modified !== undefined && wholeSeconds(modified) > wholeSeconds(since)) return 'failed'
  }

  const ifNoneMatch = request.get('if-none-match')
  if (ifNoneMatch !== undefined) {
    if (!listed(ifNoneMatch, current.etag, weakMatch)) return 'proceed'
    return isRead ? 'not-modified' : 'failed'
  }
  const since = parseHttpDate(request.get('if-modified-since'))
  if (isRead && since !== undefined && modified !== undefined && wholeSeconds(modified) <= wholeSeconds(since))
    return 'not-modified'
  return 'proceed'
}

/** Whether `If-Range` (§13.1.5) lets a Range apply: absent, or matching strongly. */
export const rangeApplies = (request: Fields, current: Validators): boolean => {
  const ifRange = request.get('if-range')
  if (ifRange === undefined) return true
  if (/^(W\/)?"/.test(ifRange)) return current.etag !== undefined && strongMatch(ifRange, current.etag)
  const date = parseHttpDate(ifRange)
  return (
    date !== undefined &&
    current.lastModified !== undefined &&
    wholeSeconds(current.lastModified.getTime()) === wholeSeconds(date)
  )
}
