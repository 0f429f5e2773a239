/** What the API says of itself: valid, complete, and true also where something is refused. */
import { fileURLToPath } from 'node:url'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { createDatabase } from '@roundtrip/postgres'
import { migrate } from '@roundtrip/postgres/migrate'
import { createTestDatabase, type TestDatabase } from '@roundtrip/postgres/test-database'
import { createLogger, type Component } from '@roundtrip/service'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keepingByRoute } from './http/cache-control.ts'
import { namedSchemas } from './openapi/named-schemas.ts'
import { startApp } from './start.ts'
import { useContract } from './testing/contract.ts'
import { ownRedis } from './testing/own-redis.ts'
import { ownSettings } from './testing/settings.ts'

const log = createLogger('app', 'openapi-test', 'fatal')
const contract = useContract()

let fresh: TestDatabase
let app: Component
let product: { readonly id: number }

beforeAll(async () => {
  const { cacheUrl, queueUrl, redisPassword } = await ownRedis()
  fresh = await createTestDatabase()
  const { primaryUrl, password } = fresh
  await migrate({ url: primaryUrl, password, folder: fileURLToPath(new URL('../migrations', import.meta.url)), log })
  const database = createDatabase({ primaryUrl, password, log })
  const { value } = await database.write((tx) =>
    tx.query<{ id: number }>(
      `insert into products (slug, name, description, price_cents, stock) values ('lamp', 'Lamp', '', 100, 1) returning id`,
    ),
  )
  await database.close()
  product = value[0] ?? { id: 0 }
  app = await startApp({
    settings: {
      ...ownSettings,
      primaryUrl,
      replicaUrls: [],
      databasePassword: password,
      cacheUrl,
      queueUrl,
      redisPassword,
    },
    log,
    instance: 'app-openapi',
  })
  await ask('GET', '/openapi.json')
})

afterAll(async () => {
  await app.drain()
  await app.close()
  await fresh.drop()
})

interface Operation {
  readonly operationId: string
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>
}

const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${app.listeners['http']}${path}`, {
    method,
    redirect: 'manual',
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
  })

const document = async () =>
  (await (await ask('GET', '/openapi.json')).json()) as {
    readonly openapi: string
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
    readonly components: { readonly schemas: Readonly<Record<string, { readonly examples?: readonly unknown[] }>> }
  }

/** Somewhere below each address, so that whatever a route has for parameters it is asked for something. */
const somewhere = (url: string): string =>
  url.replaceAll(/[:{](\w+)\}?/g, (_, name: string) => (name === 'id' && url.includes('product') ? '7' : 'nothing'))

describe('the description', () => {
  test('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(structuredClone(await document()))
    expect(result.errors).toBeUndefined()
    expect(result.valid).toBe(true)
  })

  test('has every route but pages and what only neighbours ask, and nothing else', async () => {
    await ask('GET', '/api/users')
    const { paths } = await document()
    const keys = Object.entries(paths).flatMap(([url, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${url}`),
    )
    expect(keys.toSorted()).toEqual([...contract.routes].toSorted())
    const hidden = [...contract.hidden].filter((key) => / \/(?:api|user)\//.test(key))
    expect(hidden).toEqual([])
  })

  test('names each operation once', async () => {
    const { paths } = await document()
    const names = Object.values(paths).flatMap((operations) =>
      Object.values(operations).map(({ operationId }) => operationId),
    )
    expect(names.filter((name) => !/^[a-z][A-Za-z0-9]+$/.test(name))).toEqual([])
    expect(new Set(names).size).toBe(names.length)
  })

  test('has schemas that JSON Schema knows, and says where each failure comes from', async () => {
    const whole = await document()
    const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(whole, 'openapi')
    const operations = Object.entries(whole.paths).flatMap(([url, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ pointer: ['paths', url, method], operation })),
    )
    for (const { pointer, operation } of operations) {
      for (const [status, { content = {} }] of Object.entries(operation.responses)) {
        for (const type of Object.keys(content)) {
          const path = [...pointer, 'responses', status, 'content', type, 'schema']
          const $ref = `openapi#/${path.map((part) => encodeURIComponent(part.replaceAll('/', '~1'))).join('/')}`
          expect(() => ajv.compile({ $ref })).not.toThrow()
        }
      }
      const failures = Object.keys(operation.responses).filter((status) => Number(status) >= 400)
      const codes = failures.map((status) => JSON.stringify(operation.responses[status]?.content))
      expect(codes.filter((text) => !text.includes('"code":{"enum":["'))).toEqual([])
    }
  })

  test('calls every known schema by its name', async () => {
    const text = JSON.stringify(await document())
    const unused = Object.keys(namedSchemas).filter((name) => !text.includes(`{"$ref":"#/components/schemas/${name}"`))
    expect(unused).toEqual([])
  })

  test('has examples that are as they say', async () => {
    const whole = await document()
    const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(whole, 'openapi')
    const withExamples = Object.entries(namedSchemas).filter(([, [, example]]) => example !== undefined)
    for (const [name] of withExamples) {
      const validate = ajv.compile({ $ref: `openapi#/components/schemas/${name}` })
      const [example] = whole.components.schemas[name]?.examples ?? []
      expect([name, validate(example), validate.errors]).toEqual([name, true, null])
    }
  })
})

test('every address that is read is in the table of what may be kept', () => {
  const read = [...contract.routes, ...contract.hidden]
    .filter((key) => key.startsWith('GET '))
    .map((key) => key.slice('GET '.length).replaceAll(/\{(\w+)\}/g, ':$1'))
  expect(read.filter((url) => !(url in keepingByRoute))).toEqual([])
  expect(Object.keys(keepingByRoute).filter((url) => !read.includes(url))).toEqual([])
})

describe('every address', () => {
  test('answers OPTIONS with its methods, HEAD among them where it is read', async () => {
    const keys = [...contract.routes, ...contract.hidden].map((key) => key.split(' ') as [string, string])
    for (const [url, group] of Map.groupBy(keys, ([, address]) => address)) {
      const methods = group.map(([method]) => method)
      const expected = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].toSorted().join(', ')
      const response = await ask('OPTIONS', somewhere(url))
      // Addresses with parameters may be those of others, too: /api/sessions/current is one of /api/sessions/{name}.
      const allowed = (response.headers.get('allow') ?? '').split(', ')
      expect([url, response.status, await response.text()]).toEqual([url, 204, ''])
      expect([url, expected.split(', ').filter((method) => !allowed.includes(method))]).toEqual([url, []])
    }
  })

  test('answers HEAD as GET, without the content', async () => {
    const read = [...contract.routes, ...contract.hidden].filter((key) => key.startsWith('GET '))
    for (const url of read.map((key) => somewhere(key.slice('GET '.length)))) {
      const [get, head] = [await ask('GET', url), await ask('HEAD', url)]
      expect([url, head.status, await head.text()]).toEqual([url, get.status, ''])
      for (const name of ['content-type', 'cache-control', 'etag', 'vary', 'surrogate-key']) {
        expect([url, name, head.headers.get(name)]).toEqual([url, name, get.headers.get(name)])
      }
    }
  })

  test('refuses what is no request of its: each refusal is described', async () => {
    const before = contract.answers.size
    for (const key of contract.routes) {
      const [method = '', url = ''] = key.split(' ')
      const [path, hasBody] = [somewhere(url), method.startsWith('P')]
      await ask(method, `${path}?unknown=1&limit=0`, hasBody ? {} : undefined)
      await ask(method, `${path}?cursor=nonsense`)
      await ask(method, path, hasBody ? '{' : undefined, { 'if-match': '"x"', 'idempotency-key': ' ' })
      await ask(method, path, hasBody ? 'a=b' : undefined, { 'content-type': 'x/y', accept: 'text/html' })
      await ask(method, path, hasBody ? {} : undefined, { 'sec-fetch-site': 'cross-site', cookie: '__Host-session=x' })
      await ask(method, path, hasBody ? {} : undefined, { authorization: 'Bearer nothing' })
    }
    await expect.poll(() => contract.answers.size).toBeGreaterThan(before)
  })
})

test('orders and products are refused as described', async () => {
  const order = { name: 'Alice', email: 'alice@example.com', lines: [{ productId: product.id, quantity: 1 }] }
  const key = { 'idempotency-key': 'contract' }
  const statuses: number[] = []
  for (const response of [
    await ask('POST', '/api/orders', order, key),
    await ask('POST', '/api/orders', order, key),
    await ask('POST', '/api/orders', { ...order, name: 'Bob' }, key),
    await ask('POST', '/api/orders', order),
    await ask('POST', '/api/orders', { ...order, lines: [{ productId: 99, quantity: 1 }] }),
    await ask('GET', '/api/orders/0e0f9d7c-9a55-4c39-8f0e-6f6d3f2a1b4c'),
    await ask('GET', `/api/products/${product.id}`),
    await ask('GET', `/api/products/${product.id}`, undefined, { 'if-none-match': `"${product.id}-2"` }),
    await ask('GET', '/api/products/99'),
  ])
    statuses.push(response.status)
  expect(statuses).toEqual([201, 201, 422, 409, 422, 404, 200, 304, 404])
})
