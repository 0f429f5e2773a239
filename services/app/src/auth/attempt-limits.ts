/** How often somebody may try: per account, per client, and per client at one account (OWASP ASVS 4.0.3 §2.2.1). */
import { createHmac } from 'node:crypto'
import { RoundtripError } from '@roundtrip/errors'
import type { Limiter, Rate } from '@roundtrip/rate-limit'

export type Attempt = 'sign-in' | 'code' | 'mail'

export interface AttemptLimits {
  /** @throws RoundtripError `RATE_LIMITED` with `retryAfterSeconds` in its details */
  take(attempt: Attempt, who: { readonly email: string; readonly client: string }): Promise<void>
}

export interface AttemptLimitsOptions {
  readonly limiter: Limiter
  /** Of the keys: whoever reads the counts learns no addresses. */
  readonly key: string
  /** Attempts of one client in a quarter of an hour, at whatever accounts. */
  readonly perClient: number
}

const quarterHourMs = 900_000
const hourMs = 3_600_000

/**
 * A burst and a whole quota fit into one hour: never more than 100 attempts at one account, from wherever. A stranger can
 * use that up, though only from many addresses, and an attempt comes back each 72 s: nobody is locked out for long.
 */
const perAccount: Readonly<Record<Attempt, { readonly fromOne: Rate; readonly fromAll: Rate }>> = {
  'sign-in': {
    fromOne: { name: 'sign-in', quota: 10, windowMs: quarterHourMs, burst: 10 },
    fromAll: { name: 'sign-in-account', quota: 50, windowMs: hourMs, burst: 50 },
  },
  code: {
    fromOne: { name: 'code', quota: 10, windowMs: quarterHourMs, burst: 10 },
    fromAll: { name: 'code-account', quota: 50, windowMs: hourMs, burst: 50 },
  },
  mail: {
    fromOne: { name: 'mail', quota: 3, windowMs: quarterHourMs, burst: 3 },
    fromAll: { name: 'mail-account', quota: 10, windowMs: hourMs, burst: 5 },
  },
}

export const attemptLimits = ({ limiter, key, perClient }: AttemptLimitsOptions): AttemptLimits => {
  const named = (text: string): string => createHmac('sha256', key).update(text).digest('base64url').slice(0, 22)
  const clientRate: Rate = { name: 'attempts', quota: perClient, windowMs: quarterHourMs, burst: perClient }
  return {
    take: async (attempt, { email, client }) => {
      const { fromOne, fromAll } = perAccount[attempt]
      const { isAllowed, decisions } = await limiter.take([
        { key: `${fromOne.name}:${named(JSON.stringify([email, client]))}`, rate: fromOne, cost: 1 },
        { key: `${fromAll.name}:${named(email)}`, rate: fromAll, cost: 1 },
        { key: `${clientRate.name}:${named(client)}`, rate: clientRate, cost: 1 },
      ])
      if (isAllowed) return
      const waitMs = Math.max(...decisions.map(({ retryAfterMs }) => retryAfterMs))
      throw new RoundtripError('RATE_LIMITED', undefined, {
        details: { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) },
      })
    },
  }
}
