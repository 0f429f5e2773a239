import { sessionPosition } from '@roundtrip/postgres'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { cacheDirectives } from './cache-control.ts'
import { errorEnvelope } from './error-envelope.ts'
import { requestContext, timingsOf } from './request-context.ts'
import { createServer, type AppServer } from './server.ts'
import { showsProduct, showsProducts } from './surrogate-key.ts'
import { visits } from './visit.ts'

const positions = sessionPosition({ secret: 'of this test' })

const build = async (routes: (app: AppServer) => void, arePurged = true): Promise<AppServer> => {
  const app = createServer(1000, pino({ level: 'silent' }))
  requestContext(app, () => 0)
  visits(app, { positions, requestTimeoutMs: 1000, clock: () => 0 })
  errorEnvelope(app)
  cacheDirectives(app, { arePurged })
  // As in the application: routes are in scopes of their own.
  await app.register(async (scope: AppServer) => routes(scope))
  return app
}

/** A product page whose data came as the cache says. */
const productPage = (outcome: 'hit' | 'miss' | 'down' | 'stale', arePurged = true) =>
  build((app) => {
    app.get('/products/:slug', async (request, reply) => {
      await timingsOf(request).cache(async () => ({ outcome }))
      return showsProduct(reply, { id: 7 }).send('page')
    })
  }, arePurged)

const fieldsOf = async (app: AppServer, url: string, method: 'GET' | 'HEAD' | 'POST' = 'GET') => {
  const { headers } = await app.inject({ method, url })
  return [headers['cache-control'], headers['cdn-cache-control'], headers['surrogate-key']]
}

const briefly = 'public, max-age=0, s-maxage=2'
const untilPurged = 'max-age=60, stale-while-revalidate=10, stale-if-error=300'
const nobody = ['private, no-store', undefined, undefined]

describe('the catalogue', () => {
  test.each(['hit', 'miss'] as const)(
    'is kept by our edges until purged after a cache %s, by others for a moment',
    async (outcome) => {
      const app = await productPage(outcome)
      const fields = [briefly, untilPurged, 'products product-7']
      expect(await fieldsOf(app, '/products/oak-table')).toEqual(fields)
      expect(await fieldsOf(app, '/products/oak-table?utm_source=a', 'HEAD')).toEqual(fields)
    },
  )

  test.each(['down', 'stale'] as const)(
    'is kept for a moment when nobody can say how new it is: %s',
    async (outcome) => {
      const app = await productPage(outcome)
      expect(await fieldsOf(app, '/products/oak-table')).toEqual([briefly, undefined, 'products product-7'])
    },
  )

  test('is kept by nobody when it was made for somebody who has changed it', async () => {
    const app = await productPage('hit')
    const headers = { cookie: `__Host-shared-position=${positions.sign('00000001000000000000000A')}` }
    const changed = await app.inject({ url: '/products/oak-table', headers })
    expect(changed.headers).toMatchObject({ 'cache-control': 'private, no-store' })
    expect(changed.headers).not.toHaveProperty('surrogate-key')
    const forged = await app.inject({ url: '/products/oak-table', headers: { cookie: `${headers.cookie}x` } })
    expect(forged.headers).toMatchObject({ 'cdn-cache-control': untilPurged })
  })

  test('is kept for a moment where no edge is told of changes, and when the cache was not asked', async () => {
    expect((await fieldsOf(await productPage('hit', false), '/products/a'))[1]).toBeUndefined()
    const unasked = await build((app) => app.get('/', async () => 'page'))
    expect(await fieldsOf(unasked, '/')).toEqual([briefly, undefined, undefined])
  })

  test('a list goes with each of its products, and when one is added or removed', async () => {
    const app = await build((scope) => {
      scope.get('/api/products', async (_, reply) => showsProducts(reply, [{ id: 1 }, { id: 12 }]).send([]))
    })
    expect((await fieldsOf(app, '/api/products'))[2]).toBe('products product-lists product-1 product-12')
  })

  test('"not modified" says the same as the whole', async () => {
    const app = await build((scope) => {
      scope.get('/api/products/:id', async (request, reply) => {
        await timingsOf(request).cache(async () => ({ outcome: 'hit' as const }))
        return showsProduct(reply, { id: 7 }).code(304).send()
      })
    })
    expect(await fieldsOf(app, '/api/products/7')).toEqual([briefly, untilPurged, 'products product-7'])
  })
})

test('what nobody is told of is kept for a moment, what comes with a release for minutes', async () => {
  const app = await build((scope) => {
    scope.get('/api/users', async () => [])
    scope.get('/openapi.json', async () => ({}))
  })
  expect(await fieldsOf(app, '/api/users')).toEqual([briefly, undefined, undefined])
  expect(await fieldsOf(app, '/openapi.json')).toEqual(['public, max-age=300', undefined, undefined])
})

describe('nobody keeps', () => {
  test('a route without a decision, whatever it says itself', async () => {
    const app = await build((scope) => {
      scope.get('/new', async (_, reply) => reply.header('cache-control', 'public, max-age=60').send('new'))
    })
    expect(await fieldsOf(app, '/new')).toEqual(nobody)
  })

  test('the answer to a write, though its address may be read', async () => {
    const app = await build((scope) => {
      scope.post('/api/products', async (_, reply) => showsProduct(reply, { id: 7 }).code(200).send({}))
    })
    expect(await fieldsOf(app, '/api/products', 'POST')).toEqual(nobody)
  })

  test('a failure, an unknown address, a redirect', async () => {
    const app = await build((scope) => {
      scope.get('/', async () => {
        throw new Error('broken')
      })
      scope.get('/products/:slug', async (_, reply) => showsProduct(reply, { id: 7 }).redirect('/', 302))
    })
    for (const url of ['/', '/nowhere', '/%zz', '/products/a']) expect(await fieldsOf(app, url)).toEqual(nobody)
  })

  test('what sets a cookie', async () => {
    const app = await build((scope) => {
      scope.get('/', async (_, reply) => showsProducts(reply, []).header('set-cookie', 'a=b').send('page'))
    })
    expect(await fieldsOf(app, '/')).toEqual(nobody)
  })
})
