/** Who is refused, what they are told, and whose count a request goes to. */
import { Fields, type HttpContext, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import { LocalLimiter, type Limiter } from '@roundtrip/rate-limit'
import { describe, expect, it } from 'vitest'
import { testContext, testRequest, testResponse } from '../testing/messages.ts'
import { rateLimit, type RateLimitOptions } from './rate-limit.ts'
import type { RateLimitPolicy } from './rate-limit-settings.ts'

const policy = (overrides: Partial<RateLimitPolicy> = {}): RateLimitPolicy => ({
  name: 'default',
  quota: 2,
  windowMs: 10_000,
  cost: 1,
  by: 'client',
  methods: [],
  scope: 'route',
  ...overrides,
})

const setUp = (policies: RateLimitPolicy[], overrides: Partial<RateLimitOptions> = {}) => {
  const time = { nowMs: 0 }
  const limiter = new LocalLimiter({ clock: () => time.nowMs })
  let asked = 0
  const handler = rateLimit({ policies, fields: 'always', route: 'shop', limiter, ...overrides })(async () => {
    asked++
    return testResponse()
  })
  const ask = async (request: Partial<HttpRequest> = {}, context: Partial<HttpContext> = {}): Promise<HttpResponse> =>
    handler(testRequest(request), testContext(context))
  return { ask, time, limiter, asked: () => asked }
}

const limiterOf = (take: Limiter['take']): Limiter => ({
  take,
  status: () => new LocalLimiter().status(),
  close: () => undefined,
})

const rateFields = ({ fields }: HttpResponse): unknown[] =>
  (['ratelimit-policy', 'ratelimit', 'retry-after'] as const).map((name) => fields.get(name))

describe('rateLimit', () => {
  it('says what is left, and refuses the one too many with the time to wait', async () => {
    const { ask, time, asked } = setUp([policy()])
    expect(rateFields(await ask())).toEqual(['"default";q=2;w=10', '"default";r=1;t=5', undefined])
    expect(rateFields(await ask())).toEqual(['"default";q=2;w=10', '"default";r=0;t=10', undefined])
    time.nowMs = 1_500
    const facts: Record<string, unknown> = {}
    const refused = await ask({}, { facts })
    expect([refused.status, rateFields(refused), facts]).toEqual([
      429,
      ['"default";q=2;w=10', '"default";r=0;t=4', '4'],
      { code: 'RATE_LIMITED' },
    ])
    expect(JSON.parse(refused.body as string)).toMatchObject({ code: 'RATE_LIMITED', requestId: 'request-1' })
    expect(asked()).toBe(2)
    time.nowMs = 5_000
    expect((await ask()).status).toBe(200)
  })

  it.each([
    ['denied', [undefined, undefined, undefined], '"default";r=0;t=5'],
    ['never', [undefined, undefined, undefined], undefined],
  ] as const)('fields %s', async (fields, allowed, denied) => {
    const { ask } = setUp([policy()], { fields })
    expect(rateFields(await ask())).toEqual(allowed)
    await ask()
    const refused = await ask()
    expect([refused.fields.get('ratelimit'), refused.fields.get('retry-after')]).toEqual([denied, '5'])
  })

  it('counts clients by address, IPv6 by subscriber', async () => {
    const { ask } = setUp([policy({ quota: 1 })])
    const statusOf = async (client: string): Promise<number> => (await ask({}, { client })).status
    expect([await statusOf('192.0.2.1'), await statusOf('192.0.2.1'), await statusOf('192.0.2.2')]).toEqual([
      200, 429, 200,
    ])
    expect([await statusOf('2001:db8::1'), await statusOf('2001:db8::2'), await statusOf('2001:db8:0:1::1')]).toEqual([
      200, 429, 200,
    ])
  })

  it.each([
    ['header', 'x-api-key', { 'x-api-key': 'k1' }, { 'x-api-key': 'k2' }],
    ['cookie', 'session', { cookie: 'a=b; session=k1' }, { cookie: 'session=k2; a=b' }],
  ] as const)('counts by %s, and by address where there is none', async (by, field, one, other) => {
    const { ask } = setUp([policy({ quota: 1, by, field })])
    const statusOf = async (fields: Record<string, string>): Promise<number> =>
      (await ask({ fields: Fields.of(fields) })).status
    expect([await statusOf(one), await statusOf(one), await statusOf(other)]).toEqual([200, 429, 200])
    expect([await statusOf({}), await statusOf({ cookie: 'b' })]).toEqual([200, 429])
  })

  it('lets no secret out, and needs the name of the field', async () => {
    const keys: string[] = []
    const limiter = limiterOf((charges) => {
      keys.push(...charges.map(({ key }) => key))
      return { isAllowed: true, decisions: [] }
    })
    const { ask } = setUp(
      [policy({ by: 'header', field: 'authorization' }), policy({ name: 'all', by: 'all', scope: 'edge' })],
      { limiter },
    )
    await ask({ fields: Fields.of({ authorization: 'Bearer secret' }) })
    expect(keys).toEqual([expect.stringMatching(/^default:shop:#[0-9a-f]{32}$/), 'all:'])
    expect(() => setUp([policy({ by: 'header' })])).toThrow(/names no field/)
  })

  it('counts only the methods it is for, and asks nobody when there is nothing to count', async () => {
    const { ask, limiter } = setUp([policy({ quota: 1, methods: ['POST'] })])
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200])
    expect(limiter.status()).toMatchObject({ allowed: 0 })
    expect([(await ask({ method: 'POST' })).status, (await ask({ method: 'POST' })).status]).toEqual([200, 429])
  })

  it('is refused by the strictest of several policies, and tells of them all', async () => {
    const { ask } = setUp([
      policy({ name: 'second', quota: 1, windowMs: 1_000 }),
      policy({ name: 'hour', quota: 100, windowMs: 3_600_000 }),
    ])
    expect((await ask()).fields.get('ratelimit')).toBe('"second";r=0;t=1, "hour";r=99;t=36')
    const refused = await ask()
    expect([refused.status, refused.fields.get('retry-after')]).toEqual([429, '1'])
  })

  it('waits for a limiter that has to ask', async () => {
    const { promise, resolve } = Promise.withResolvers<ReturnType<LocalLimiter['take']>>()
    const limiter = limiterOf(() => promise)
    const { ask, asked } = setUp([policy()], { limiter })
    const answer = ask()
    expect(asked()).toBe(0)
    resolve({ isAllowed: true, decisions: [] })
    expect((await answer).status).toBe(200)
  })
})
