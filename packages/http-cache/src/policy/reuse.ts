/** May a stored response answer this request as it is (RFC 9111 §4, §4.2.4, §5.2.1; RFC 5861)? */
import { currentAgeMs, lifetimeLeftMs, remainingMs, type StoredResponse } from '../stored-response.ts'
import type { InnerRules } from './inner.ts'
import { has, secondsOf, type Directives } from './directives.ts'

/**
 * - `fresh`: use it
 * - `stale-allowed`: use it, the client said that stale is good enough
 * - `revalidate-behind`: use it and ask the origin meanwhile
 * - `validate`: ask the origin first
 */
export type Reuse = 'fresh' | 'stale-allowed' | 'revalidate-behind' | 'validate'

/** Why it takes a request to the origin, in the words of RFC 9211 §2.2. */
export type ForwardReason = 'stale' | 'request'

export interface Verdict {
  readonly reuse: Reuse
  readonly why: ForwardReason | undefined
}

const fresh: Verdict = { reuse: 'fresh', why: undefined }
const staleAllowed: Verdict = { reuse: 'stale-allowed', why: undefined }
const revalidateBehind: Verdict = { reuse: 'revalidate-behind', why: 'stale' }
const validateStale: Verdict = { reuse: 'validate', why: 'stale' }
const validateOnRequest: Verdict = { reuse: 'validate', why: 'request' }

const isFresh = (stored: StoredResponse, nowMs: number): boolean =>
  !stored.head.lifetime.alwaysValidate && remainingMs(stored, nowMs) > 0

/** The client wants it younger, or good for longer, than it is (§5.2.1.1, §5.2.1.3, §5.2.1.4). */
const asksForBetter = (stored: StoredResponse, request: Directives, nowMs: number): boolean => {
  if (has(request, 'no-cache')) return true
  const maxAge = secondsOf(request, 'max-age')
  // With max-stale, max-age is no demand to be met before it (§5.2.1.2).
  if (maxAge !== undefined && !has(request, 'max-stale') && currentAgeMs(stored.head, nowMs) >= maxAge * 1000)
    return true
  const minFresh = secondsOf(request, 'min-fresh')
  return minFresh !== undefined && remainingMs(stored, nowMs) < minFresh * 1000
}

/** The client takes it stale (§5.2.1.2), any staleness when it names none. */
const acceptsStale = (stored: StoredResponse, request: Directives, nowMs: number): boolean => {
  if (!has(request, 'max-stale')) return false
  if (request.arguments.get('max-stale') === '') return true
  return -remainingMs(stored, nowMs) <= (secondsOf(request, 'max-stale') ?? 0) * 1000
}

/** Nothing the origin said forbids using it stale where it said so itself, e.g. by `stale-while-revalidate`. */
const mayBeStaleByOrigin = ({ head: { lifetime } }: StoredResponse): boolean =>
  !lifetime.mustRevalidate && !lifetime.alwaysValidate

/** Nothing the origin said forbids using it stale where others allow it. */
const mayBeStale = (stored: StoredResponse): boolean => mayBeStaleByOrigin(stored) && !stored.head.lifetime.isShared

export interface ReuseDefaults extends InnerRules {
  /** How long a soft-purged response may be served while it is asked for again. */
  readonly softPurgeGraceMs: number
  /** How long past its life a response may stand in for an origin that cannot be reached and did not say otherwise. */
  readonly staleIfErrorMs: number
}

/** The origin lets it be used stale while it is asked for again (RFC 5861 §3). */
const isWithinRevalidateWindow = (stored: StoredResponse, nowMs: number): boolean =>
  mayBeStaleByOrigin(stored) && -remainingMs(stored, nowMs) < stored.head.lifetime.staleWhileRevalidateMs

/** Purged softly it is good for a moment more; past its own life as well only where nothing forbids that. */
const isWithinGrace = (stored: StoredResponse, nowMs: number, { softPurgeGraceMs }: ReuseDefaults): boolean =>
  stored.purgedMs !== undefined &&
  -remainingMs(stored, nowMs) < softPurgeGraceMs &&
  mayBeStaleByOrigin(stored) &&
  (mayBeStale(stored) || lifetimeLeftMs(stored, nowMs) > 0)

export const judge = (
  stored: StoredResponse,
  request: Directives | undefined,
  nowMs: number,
  defaults: ReuseDefaults,
): Verdict => {
  if (request !== undefined && asksForBetter(stored, request, nowMs)) return validateOnRequest
  if (isFresh(stored, nowMs)) return fresh
  // The cache in front serves stale, or not: it alone knows what was purged.
  if (defaults.inner === true) return validateStale
  if (request !== undefined && mayBeStale(stored) && acceptsStale(stored, request, nowMs)) return staleAllowed
  const isBehind = isWithinRevalidateWindow(stored, nowMs) || isWithinGrace(stored, nowMs, defaults)
  return isBehind ? revalidateBehind : validateStale
}

/** Whether a full response says that what was to be validated is out of date, and not only that this client may not have it. */
export const isReplacement = (status: number): boolean =>
  (status < 400 && status !== 206 && status !== 304) || status === 404 || status === 410

/** Failures for which RFC 5861 §4 lets a stale response stand in. */
export const isOriginError = (status: number): boolean =>
  status === 500 || status === 502 || status === 503 || status === 504

/**
 * Whether a stale response may stand in for a failure (RFC 5861 §4, RFC 9111 §4.2.4): as the origin says, else as the
 * client does, or where the origin is unreachable as we do.
 *
 * @param unreachable the origin did not answer at all: only then does our own default count, for a cache may serve stale
 * when it is disconnected, but not because it does not like the answer
 */
export const mayStandIn = (
  stored: StoredResponse,
  unreachable: boolean,
  request: Directives | undefined,
  nowMs: number,
  { staleIfErrorMs, inner }: ReuseDefaults,
): boolean => {
  if (inner === true) return false
  const { staleIfErrorMs: allowedMs } = stored.head.lifetime
  const staleForMs = -remainingMs(stored, nowMs)
  if (allowedMs !== undefined) return mayBeStaleByOrigin(stored) && staleForMs < allowedMs
  const acceptedMs = request === undefined ? 0 : (secondsOf(request, 'stale-if-error') ?? 0) * 1000
  return mayBeStale(stored) && staleForMs < Math.max(acceptedMs, unreachable ? staleIfErrorMs : 0)
}
