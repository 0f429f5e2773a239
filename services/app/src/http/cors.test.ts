import { RoundtripError } from '@roundtrip/errors'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allowedMethods } from './allowed-methods.ts'
import { cors } from './cors.ts'
import { errorEnvelope } from './error-envelope.ts'
import { requestContext } from './request-context.ts'
import { createServer, type AppServer } from './server.ts'

const build = async (origins: readonly string[]): Promise<AppServer> => {
  const app = createServer(1000, pino({ level: 'silent' }))
  requestContext(app, () => 0)
  errorEnvelope(app)
  cors(app, origins)
  allowedMethods(app)
  await app.register(async (scope: AppServer) => {
    scope.get('/', async () => 'page')
    scope.get('/api/users', async () => [])
    scope.post('/api/orders', async () => {
      throw new RoundtripError('OUT_OF_STOCK')
    })
  })
  return app
}

const origin = 'https://shop.example'
let app: AppServer
beforeAll(async () => {
  app = await build([`${origin}:443`, 'http://localhost:3000'])
})
afterAll(() => app.close())

const fieldsOf = ({ headers }: { readonly headers: NodeJS.Dict<unknown> }) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-') || name === 'vary'))

test('an allowed origin may read the answer, and what it needs of the fields', async () => {
  const answer = await app.inject({ url: '/api/users', headers: { origin } })
  expect(fieldsOf(answer)).toEqual({
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': expect.stringMatching(/ETag.*Idempotency-Replayed.*Retry-After/),
    vary: 'origin',
  })
})

test('it may read failures, which vary on more than the origin', async () => {
  const answer = await app.inject({ method: 'POST', url: '/api/orders', headers: { origin } })
  expect([answer.statusCode, fieldsOf(answer)]).toEqual([
    409,
    expect.objectContaining({ 'access-control-allow-origin': origin, vary: 'accept, origin' }),
  ])
})

test('a preflight is told the methods of its address', async () => {
  const headers = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' }
  const answer = await app.inject({ method: 'OPTIONS', url: '/api/orders', headers })
  expect([answer.statusCode, answer.body, fieldsOf(answer)]).toEqual([
    204,
    '',
    {
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'OPTIONS, POST',
      'access-control-allow-headers': expect.stringMatching(/Authorization.*Idempotency-Key.*If-Match.*X-CSRF-Token/),
      'access-control-max-age': '600',
      vary: 'origin, access-control-request-method, access-control-request-headers',
    },
  ])
})

test.each(['https://evil.example', 'http://shop.example', `${origin}:8443`, `${origin}.evil.example`, 'null', '*', ''])(
  'the origin %j is allowed nothing, and its answer is kept apart',
  async (other) => {
    expect(fieldsOf(await app.inject({ url: '/api/users', headers: { origin: other } }))).toEqual({ vary: 'origin' })
    const headers = { origin: other, 'access-control-request-method': 'POST' }
    const preflight = await app.inject({ method: 'OPTIONS', url: '/api/orders', headers })
    expect(Object.keys(fieldsOf(preflight))).toEqual(['vary'])
    expect(fieldsOf(preflight)['vary']).toMatch(/^origin, /)
  },
)

test('who names no origin gets an answer that is kept apart, too', async () => {
  expect(fieldsOf(await app.inject('/api/users'))).toEqual({ vary: 'origin' })
})

test('pages are nobody else’s to read', async () => {
  expect(fieldsOf(await app.inject({ url: '/', headers: { origin } }))).toEqual({})
})

test('without allowed origins nothing is said', async () => {
  const none = await build([])
  expect(fieldsOf(await none.inject({ url: '/api/users', headers: { origin } }))).toEqual({})
})
