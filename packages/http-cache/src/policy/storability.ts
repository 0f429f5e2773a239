/** May this response be stored (RFC 9111 §3), and if not, why not. */
import type { Fields, HttpRequest } from '@roundtrip/http'
import { isBare, has, type Directives } from './directives.ts'
import { longestInnerLifetimeMs, type InnerRules } from './inner.ts'
import { isExplicit, type Freshness, type ResponsePolicy } from './freshness.ts'
import { variesOnAll } from './selection.ts'

/** Why a response is not stored, as `detail` of Cache-Status and in the admin API. */
export type Unstorable =
  | 'method'
  | 'status'
  | 'no-store'
  | 'request-no-store'
  | 'private'
  | 'authorization'
  | 'set-cookie'
  | 'vary-star'
  | 'no-freshness'
  | 'content-range'
  | 'range'
  | 'too-large'
  | 'long-lived'

export interface StorabilityRules extends InnerRules {
  /**
   * What becomes of responses that set a cookie. RFC 9111 §7.3: the field does not hinder caching, so `explicit` stores
   * them where the origin itself says how long they are fresh, never on a guess; `shared` asks for `public` or
   * `s-maxage`; `never` is the way of Varnish and nginx.
   */
  readonly setCookie: 'explicit' | 'shared' | 'never'
  readonly maxObjectBytes: number
}

export interface Candidate {
  readonly request: HttpRequest
  readonly requestDirectives: Directives
  readonly status: number
  readonly fields: Fields
  readonly policy: ResponsePolicy
  readonly freshness: Freshness
}

/** Final statuses whose rules this cache knows, for `must-understand` (§5.2.2.3). */
const understoodStatuses = new Set([
  200, 203, 204, 206, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 410, 414, 500, 501, 502, 503, 504,
])

/** Of the conditions and the range of one request alone: nobody else's business. */
const answersConditions = (status: number): boolean => status === 412 || status === 416

const isFinal = (status: number): boolean => status >= 200 && status !== 304

/** GET is stored; POST where it names itself as what a GET would bring, and says for how long (RFC 9110 §9.3.3). */
const isStorableMethod = ({ request, freshness, fields }: Candidate): boolean =>
  request.method === 'GET' ||
  (request.method === 'POST' && isExplicit(freshness) && freshness.lifetimeMs > 0 && namesItself(request, fields))

const namesItself = ({ scheme, authority, target }: HttpRequest, fields: Fields): boolean => {
  const location = fields.get('content-location')
  const own = `${scheme}://${authority}${target}`
  return location !== undefined && URL.parse(location, own)?.href === URL.parse(own)?.href
}

/** `must-understand` takes `no-store` back for those who know the status (§5.2.2.3). */
const forbidsStoring = (status: number, directives: Directives): boolean =>
  has(directives, 'must-understand') ? !understoodStatuses.has(status) : has(directives, 'no-store')

/** What lets a shared cache keep the answer to a request with credentials (§3.5). */
const allowsAuthorized = (directives: Directives): boolean =>
  has(directives, 'public') || has(directives, 's-maxage') || has(directives, 'must-revalidate')

const allowsCookies = (
  { policy: { directives }, freshness }: Candidate,
  rule: StorabilityRules['setCookie'],
): boolean =>
  rule !== 'never' &&
  (has(directives, 'public') || has(directives, 's-maxage') || (rule === 'explicit' && isExplicit(freshness)))

/** Something to live by: a lifetime, or a validator to ask with. Anything else would only take up room. */
const isUseful = ({ freshness, fields }: Candidate): boolean =>
  freshness.lifetimeMs > 0 || fields.has('etag') || fields.has('last-modified')

/** Explicit freshness makes any final status storable, known or not; without it the status must allow a guess. */
const isStorableStatus = ({ status, freshness, policy: { directives } }: Candidate): boolean =>
  isFinal(status) &&
  !answersConditions(status) &&
  (isExplicit(freshness) ||
    freshness.source !== 'none' ||
    has(directives, 'public') ||
    status === 200 ||
    status === 206)

const announcedBytes = (fields: Fields): number => Number(fields.get('content-length') ?? 0)

/** What somebody has forbidden in so many words: nothing else needs to be known of such a response. */
export const whyForbidden = (
  status: number,
  { directives }: ResponsePolicy,
  requestDirectives: Directives,
): Unstorable | undefined => {
  if (forbidsStoring(status, directives)) return 'no-store'
  if (has(requestDirectives, 'no-store')) return 'request-no-store'
  return isBare(directives, 'private') ? 'private' : undefined
}

/** Undefined when the response may be stored. */
export const whyNotStorable = (candidate: Candidate, rules: StorabilityRules): Unstorable | undefined =>
  isStorableMethod(candidate) ? whyNotKept(candidate, rules) : 'method'

/** Whether a reason lies in the request: what is stored may serve others still. */
export const isOfRequest = (why: string): boolean => why === 'request-no-store' || why === 'authorization'

/** The same for what was stored before and is brought up to date, by whatever method. */
export const whyNotKept = (candidate: Candidate, rules: StorabilityRules): Unstorable | undefined => {
  const { request, requestDirectives, status, fields, policy } = candidate
  const { directives } = policy
  const forbidden = whyForbidden(status, policy, requestDirectives)
  if (forbidden !== undefined) return forbidden
  if (request.fields.has('authorization') && !allowsAuthorized(directives)) return 'authorization'
  if (!isStorableStatus(candidate)) return 'status'
  if (variesOnAll(fields)) return 'vary-star'
  if (fields.has('set-cookie') && !allowsCookies(candidate, rules.setCookie)) return 'set-cookie'
  if (!isUseful(candidate)) return 'no-freshness'
  if (announcedBytes(fields) > rules.maxObjectBytes) return 'too-large'
  if (rules.inner === true && candidate.freshness.lifetimeMs > longestInnerLifetimeMs) return 'long-lived'
  return undefined
}
