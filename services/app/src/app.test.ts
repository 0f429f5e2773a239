/** The application without neighbours: methods, errors, ids, timings. */
import type { Product } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import type { Database } from '@roundtrip/postgres'
import { pino } from 'pino'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { buildApp, type AppOptions } from './app.ts'
import type { Catalogue } from './shop/catalogue.ts'
import type { Checkout } from './shop/checkout.ts'
import { RequestFigures } from './metrics/request-figures.ts'
import { authWithoutRedis } from './testing/auth.ts'
import { ownSettings } from './testing/settings.ts'

const product: Product = {
  id: 7,
  slug: 'oak-table',
  name: `<script>alert("x")</script>`,
  description: `' & "`,
  priceCents: 19_900,
  stock: 3,
  currency: 'EUR',
  version: 4,
  updatedAt: '2026-01-01T00:00:00.000Z',
}

const users = { users: [{ id: 1, name: 'Alice' }] }
const orderId = '0e0f9d7c-9a55-4c39-8f0e-6f6d3f2a1b4c'

let lines: Record<string, unknown>[] = []
const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) })

const neighbours = {
  database: { read: async () => ({ value: users, node: 'replica-1' }) } as unknown as Database,
  catalogue: {
    list: async (_, { timings }) => {
      await timings.cache(async () => ({ outcome: 'hit' as const }))
      return { products: [product] }
    },
    byId: async () => product,
    bySlug: async () => product,
    changed: async () => {},
  } satisfies Catalogue as Catalogue,
  checkout: {
    place: async (order) => ({
      order: {
        ...order,
        id: orderId,
        status: 'placed',
        lines: [],
        totalCents: 0,
        currency: 'EUR',
        placedAt: '2026-01-01T00:00:00.000Z',
      },
      isReplay: false,
    }),
    placeCart: async () => {
      throw new RoundtripError('UNPROCESSABLE')
    },
    cancel: async () => {
      throw new RoundtripError('NOT_FOUND')
    },
    find: async () => {
      throw new RoundtripError('NOT_FOUND')
    },
  } satisfies Checkout as Checkout,
}

const build = (options: Partial<AppOptions> = {}) =>
  buildApp({
    instance: 'app-1',
    settings: { ...ownSettings, publicOrigin: 'https://shop.example', maxBodyBytes: 1000 },
    auth: authWithoutRedis(options.database ?? neighbours.database),
    health: async () => ({ ready: true, checks: {} }),
    shedder: { admit: () => true, left: () => undefined },
    requests: new RequestFigures(),
    log,
    clock: () => 0,
    ...neighbours,
    ...options,
  })

const app = await build()
afterAll(() => app.close())
beforeEach(() => {
  lines = []
})

const sampled = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const json = { 'content-type': 'application/json' }

describe('methods', () => {
  test.each([
    ['/', 'GET, HEAD, OPTIONS'],
    ['/api/users', 'GET, HEAD, OPTIONS'],
    ['/user/v1/list?limit=1', 'GET, HEAD, OPTIONS'],
    ['/api/products', 'GET, HEAD, OPTIONS, POST'],
    ['/api/products/7', 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT'],
    ['/api/orders', 'GET, HEAD, OPTIONS, POST'],
    [`/api/orders/${orderId}`, 'GET, HEAD, OPTIONS'],
    ['/products/oak-table', 'GET, HEAD, OPTIONS'],
    ['/orders', 'GET, HEAD, OPTIONS, POST'],
    ['/openapi.json', 'GET, HEAD, OPTIONS'],
  ])('OPTIONS and a wrong method at %s tell: %s', async (url, allow) => {
    const options = await app.inject({ method: 'OPTIONS', url })
    expect([options.statusCode, options.headers.allow, options.body]).toEqual([204, allow, ''])
    // No media type, no valid body: the method is refused before anybody looks at those.
    const wrong = await app.inject({ method: 'TRACE', url })
    expect([wrong.statusCode, wrong.headers.allow]).toEqual([405, allow])
    expect(wrong.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED', instance: url.split('?')[0] })
  })

  test('a wrong method with a body of any kind is 405, not 415', async () => {
    const refused = await app.inject({
      method: 'PUT',
      url: '/api/users',
      headers: { 'content-type': 'x/y' },
      body: 'z',
    })
    expect(refused.statusCode).toBe(405)
  })

  test('HEAD is GET without the content', async () => {
    const get = await app.inject({ url: '/api/users' })
    const head = await app.inject({ method: 'HEAD', url: '/api/users' })
    expect([head.statusCode, head.body]).toEqual([200, ''])
    expect(head.headers['content-length']).toBe(get.headers['content-length'])
  })
})

const failing = (code: 'DATABASE_UNAVAILABLE' | 'WRITE_OUTCOME_UNKNOWN') =>
  build({ database: { read: () => Promise.reject(new RoundtripError(code)) } as unknown as Database })

describe('errors', () => {
  test.each([
    ['an unknown address', { url: '/nowhere' }, 404, 'NOT_FOUND'],
    ['an id that is none', { url: '/api/products/abc' }, 404, 'NOT_FOUND'],
    ['an order that does not exist', { url: `/api/orders/${orderId}` }, 404, 'NOT_FOUND'],
    ['a path that is not encoded right', { url: '/%zz' }, 400, 'BAD_REQUEST'],
    ['broken JSON', { method: 'POST', url: '/api/orders', headers: json, body: '{' }, 400, 'INVALID_JSON'],
    ['no body', { method: 'POST', url: '/api/orders', headers: json }, 400, 'INVALID_JSON'],
    ['no body and no type', { method: 'POST', url: '/api/orders' }, 400, 'VALIDATION_FAILED'],
    ['__proto__', { method: 'POST', url: '/api/orders', headers: json, body: '{"__proto__":{}}' }, 400, 'INVALID_JSON'],
    ['a wrong shape', { method: 'POST', url: '/api/orders', headers: json, body: '[]' }, 400, 'VALIDATION_FAILED'],
    ['an unknown parameter', { url: '/api/users?page=2' }, 400, 'VALIDATION_FAILED'],
    ['a limit out of range', { url: '/api/users?limit=0' }, 400, 'VALIDATION_FAILED'],
    [
      'a body over the limit',
      { method: 'POST', url: '/api/orders', headers: json, body: `"${'x'.repeat(1000)}"` },
      413,
      'BODY_TOO_LARGE',
    ],
    [
      'a form where JSON is expected',
      {
        method: 'POST',
        url: '/api/orders',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'a=1',
      },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'plain text',
      { method: 'POST', url: '/api/orders', headers: { 'content-type': 'text/plain' }, body: '{}' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
  ] as const)('%s', async (_, request, status, code) => {
    const response = await app.inject({ ...request, headers: { ...('headers' in request && request.headers) } })
    expect(response.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'private, no-store',
      'x-request-id': expect.any(String),
    })
    expect(response.json()).toMatchObject({ status, code, requestId: response.headers['x-request-id'] })
    expect(response.statusCode).toBe(status)
  })

  test('name each field, by pointer', async () => {
    const body = { email: 'a@example.com', lines: [{ productId: 1, quantity: 0 }], colour: 'red' }
    const response = await app.inject({ method: 'POST', url: '/api/orders', body })
    expect(response.json().errors).toEqual([
      { in: 'body', pointer: '/name', detail: 'is missing' },
      { in: 'body', pointer: '/colour', detail: 'is not a known field' },
      { in: 'body', pointer: '/lines/0/quantity', detail: 'must be >= 1' },
    ])
  })

  test('of our own give nothing away, and are logged with their cause', async () => {
    const broken = await build({
      database: { read: () => Promise.reject(new Error('password is hunter2')) } as unknown as Database,
    })
    const response = await broken.inject({ url: '/api/users', headers: { 'x-request-id': 'r-1' } })
    expect(response.statusCode).toBe(500)
    expect(response.body).not.toContain('hunter2')
    expect(lines.find(({ level }) => level === 50)).toMatchObject({ requestId: 'r-1', code: 'INTERNAL' })
  })

  test('of the database are 503 with Retry-After, unless trying again may do it twice', async () => {
    const gone = await (await failing('DATABASE_UNAVAILABLE')).inject('/api/users')
    expect([gone.statusCode, gone.headers['retry-after']]).toEqual([503, '1'])
    const unsure = await (await failing('WRITE_OUTCOME_UNKNOWN')).inject('/api/users')
    expect([unsure.statusCode, unsure.headers['retry-after']]).toEqual([503, undefined])
  })

  test('are a page for a browser', async () => {
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
    const response = await app.inject({ url: '/a&b', headers: { accept } })
    expect([response.statusCode, response.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
    expect(response.headers.vary).toBe('accept')
    expect(response.headers['content-security-policy']).toContain("default-src 'none'")
    expect(response.body).toContain('There is nothing at /a&amp;b.')
  })
})

describe('pages', () => {
  test('escape what they show', async () => {
    for (const url of ['/', '/products/oak-table']) {
      const { body, headers } = await app.inject(url)
      expect(body).not.toContain('<script')
      expect(body).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;')
      expect(headers['content-security-policy']).toContain("default-src 'none'")
    }
  })

  test('a form places an order and leads to it', async () => {
    const form = new URLSearchParams({ productId: '7', quantity: '2', name: 'Bob', email: 'bob@example.com' })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const placed = await app.inject({ method: 'POST', url: '/orders', headers, body: form.toString() })
    expect([placed.statusCode, placed.headers.location]).toEqual([303, `/orders/${orderId}`])
    form.append('name', 'Eve')
    const twice = await app.inject({ method: 'POST', url: '/orders', headers, body: form.toString() })
    expect(twice.json()).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' })
  })
})

describe('conditional requests', () => {
  test('the state a client has is not sent again', async () => {
    const first = await app.inject('/api/products/7')
    expect(first.headers.etag).toBe('"7-4"')
    const again = await app.inject({ url: '/api/products/7', headers: { 'if-none-match': '"7-4"' } })
    expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', '"7-4"'])
  })
})

describe('tracing', () => {
  test('a sampled trace learns where the time went', async () => {
    const list = await app.inject({ url: '/api/products', headers: { traceparent: sampled } })
    expect(list.headers['server-timing']).toBe('cache;dur=0;desc="hit", app;dur=0;desc="app-1"')
    const read = await app.inject({ url: '/api/users', headers: { traceparent: sampled } })
    expect(read.headers['server-timing']).toBe('db;dur=0;desc="replica-1", app;dur=0;desc="app-1"')
  })

  test('others learn nothing', async () => {
    expect((await app.inject('/api/users')).headers['server-timing']).toBeUndefined()
    const unsampled = await app.inject({ url: '/api/users', headers: { traceparent: sampled.replace(/1$/, '0') } })
    expect(unsampled.headers['server-timing']).toBeUndefined()
  })

  test('ids go into the log line and back to the client; a malformed one is replaced', async () => {
    const response = await app.inject({ url: '/api/users', headers: { traceparent: sampled, 'x-request-id': 'r-7' } })
    expect(response.headers['x-request-id']).toBe('r-7')
    expect(lines.at(-1)).toMatchObject({
      requestId: 'r-7',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      status: 200,
      node: 'replica-1',
    })
    const odd = await app.inject({ url: '/api/users', headers: { 'x-request-id': 'a b' } })
    expect(odd.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('health checks are not logged at info', async () => {
    await app.inject('/health/ready')
    await app.inject('/health/unknown')
    expect(lines.map(({ level }) => level)).toEqual([20, 20])
  })
})

test('readiness is 503 with its reasons', async () => {
  const draining = await build({ health: async () => ({ ready: false, checks: { draining: 'yes' } }) })
  const response = await draining.inject('/health/ready')
  expect([response.statusCode, response.json()]).toEqual([503, { ready: false, checks: { draining: 'yes' } }])
  expect((await draining.inject('/health/live')).statusCode).toBe(200)
})

test('the API describes itself: what it takes, gives, refuses, and who may', async () => {
  const { openapi, paths, servers, components } = (await app.inject('/openapi.json')).json()
  expect(openapi).toBe('3.1.0')
  expect(servers).toEqual([{ url: 'https://shop.example' }])
  expect(Object.keys(components.securitySchemes)).toEqual(['session', 'token'])
  const { operationId, parameters, requestBody, responses } = paths['/api/orders'].post
  expect(operationId).toBe('placeAnOrder')
  expect(parameters).toMatchObject([{ in: 'header', name: 'idempotency-key' }])
  expect(requestBody.content['application/json'].schema).toEqual({ $ref: '#/components/schemas/NewOrder' })
  expect(Object.keys(responses[201].headers)).toEqual(expect.arrayContaining(['Location', 'Idempotency-Replayed']))
  expect(Object.keys(responses[409].headers)).toEqual(expect.arrayContaining(['X-Request-Id', 'Retry-After']))
  const { schema, examples } = responses[409].content['application/problem+json']
  expect(schema.properties.code.enum).toEqual(['OUT_OF_STOCK', 'IDEMPOTENCY_KEY_IN_FLIGHT'])
  expect(examples.OUT_OF_STOCK).toEqual({ $ref: '#/components/examples/OUT_OF_STOCK' })
  expect(components.examples.OUT_OF_STOCK.value).toMatchObject({ status: 409, code: 'OUT_OF_STOCK' })
  expect(paths['/api/tokens'].get.security).toEqual([{ session: [] }])
  expect(paths['/api/accounts/me'].get.security).toEqual([{ session: [] }, { token: [expect.any(String)] }])
  expect(paths['/api/cart'].get.security).toEqual([{}, { session: [] }, { token: ['shop'] }])
  expect(paths['/api/products'].get).not.toHaveProperty('security')
  expect(paths['/user/v1/list'].get.deprecated).toBe(true)
})
