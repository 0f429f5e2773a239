/** Refuses who asks too often: 429 with `Retry-After` (RFC 6585 §4) and `RateLimit` fields (draft-ietf-httpapi-ratelimit-headers-10). */
import { RoundtripError } from '@roundtrip/errors'
import { problemResponse, type HttpContext, type HttpLayer, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import { whenAnswered, type Answer } from '@roundtrip/pipeline'
import type { Charge, Limiter, Verdict } from '@roundtrip/rate-limit'
import { rateLimitKey } from './rate-limit-key.ts'
import type { RateLimitPolicy, RateLimitSettings } from './rate-limit-settings.ts'

export interface RateLimitOptions extends RateLimitSettings {
  /** Name of the route: policies of scope `route` count by it. */
  readonly route: string
  /** Keeps the counts; shared by all routes. */
  readonly limiter: Limiter
}

/** A policy made ready for one route. */
interface Meter {
  readonly methods: ReadonlySet<string> | undefined
  readonly charge: (request: HttpRequest, context: HttpContext) => Charge
}

const meterOf = (policy: RateLimitPolicy, route: string): Meter => {
  const { name, quota, windowMs, cost, burst, methods } = policy
  const rate = { name, quota, windowMs, ...(burst !== undefined && { burst }) }
  const prefix = policy.scope === 'route' ? `${name}:${route}:` : `${name}:`
  const keyOf = rateLimitKey(policy)
  return {
    methods: methods.length === 0 ? undefined : new Set(methods),
    charge: (request, context) => ({ key: prefix + keyOf(request, context), rate, cost }),
  }
}

const chargesOf = (meters: readonly Meter[], request: HttpRequest, context: HttpContext): Charge[] => {
  const charges: Charge[] = []
  for (const { methods, charge } of meters) {
    if (methods === undefined || methods.has(request.method)) charges.push(charge(request, context))
  }
  return charges
}

const seconds = (ms: number): number => Math.ceil(ms / 1000)

/** What the policies promise (§3): a constant of the route. */
const policyField = (policies: readonly RateLimitPolicy[]): string =>
  policies.map(({ name, quota, windowMs }) => `"${name}";q=${quota};w=${Math.max(1, seconds(windowMs))}`).join(', ')

/** What is left, and the seconds until it is whole again or, when refused, until it is worth asking again (§4). */
const stateField = ({ decisions }: Verdict): string => {
  let text = ''
  for (const { rate, remaining, isAllowed, resetMs, retryAfterMs } of decisions) {
    const item = `"${rate.name}";r=${remaining};t=${seconds(isAllowed ? resetMs : retryAfterMs)}`
    text = text === '' ? item : `${text}, ${item}`
  }
  return text
}

const retryAfterSeconds = ({ decisions }: Verdict): number =>
  Math.max(1, ...decisions.map(({ retryAfterMs }) => seconds(retryAfterMs)))

/** Made once: a flood of refusals should not pay for stack traces. */
const tooMany = new RoundtripError('RATE_LIMITED')

/**
 * Answers by itself instead of throwing, since the fields belong on the refusal too. A limiter that answers in the same
 * turn adds no promise to the way in.
 */
export const rateLimit = ({ policies, fields, route, limiter }: RateLimitOptions): HttpLayer => {
  const meters = policies.map((policy) => meterOf(policy, route))
  const promise = policyField(policies)
  const announce = (response: HttpResponse, verdict: Verdict): HttpResponse => {
    response.fields.set('ratelimit-policy', promise)
    response.fields.set('ratelimit', stateField(verdict))
    return response
  }
  const refuse = (verdict: Verdict, context: HttpContext): HttpResponse => {
    context.facts['code'] = tooMany.code
    const response = problemResponse(tooMany, context.requestId)
    response.fields.set('retry-after', retryAfterSeconds(verdict))
    return fields === 'never' ? response : announce(response, verdict)
  }
  return (next) => {
    if (meters.length === 0) return next
    const proceed = (verdict: Verdict, request: HttpRequest, context: HttpContext): Answer<HttpResponse> => {
      if (!verdict.isAllowed) return refuse(verdict, context)
      const answer = next(request, context)
      return fields === 'always' ? whenAnswered(answer, (response) => announce(response, verdict)) : answer
    }
    return (request, context) => {
      const charges = chargesOf(meters, request, context)
      if (charges.length === 0) return next(request, context)
      const verdict = limiter.take(charges)
      return verdict instanceof Promise
        ? verdict.then((decided) => proceed(decided, request, context))
        : proceed(verdict, request, context)
    }
  }
}
