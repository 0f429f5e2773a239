/** Products are changed by whoever has seen them as they are: against a real Postgres, over two instances. */
import type { Product } from '@roundtrip/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { patiently, signedUp } from './testing/customers.ts'
import { useContract } from './testing/contract.ts'
import { post, startInstances, type Instances } from './testing/instances.ts'

useContract()

let use: Instances

beforeAll(async () => {
  use = await startInstances()
})

afterAll(() => use.close())

type Headers = Readonly<Record<string, string>>

const mergePatch = 'application/merge-patch+json'

const send = (method: string, id: number, headers: Headers, body?: unknown, url = use.direct): Promise<Response> =>
  fetch(`${url}/api/products/${id}`, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...use.staff, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })

const patch = (id: number, headers: Headers, body: unknown, url = use.direct): Promise<Response> =>
  send('PATCH', id, { 'content-type': mergePatch, ...headers }, body, url)

const get = (id: number): Promise<Response> => fetch(`${use.direct}/api/products/${id}`)

const fieldsOf = ({ slug, name, description, priceCents, stock }: Product) => ({
  slug,
  name,
  description,
  priceCents,
  stock,
})

test('products are changed by staff only', async () => {
  const product = await use.addProduct('Staff Only', 1)
  const change = { 'if-match': '*', 'content-type': mergePatch }
  for (const [who, status, code] of [
    [{ authorization: '' }, 401, 'UNAUTHENTICATED'],
    [await signedUp(use.database, 'customer', ['shop', 'catalogue']), 403, 'ROLE_REQUIRED'],
    [await signedUp(use.database, 'staff', ['shop']), 403, 'SCOPE_REQUIRED'],
  ] as const) {
    const refused = await Promise.all([
      patch(product.id, { ...change, ...who }, { stock: 2 }),
      send('PUT', product.id, { 'if-match': '*', ...who }, fieldsOf(product)),
      send('DELETE', product.id, { 'if-match': '*', ...who }),
      post(`${use.direct}/api/products`, { ...fieldsOf(product), slug: 'another' }, who),
    ])
    for (const response of refused) expect(await response.json()).toMatchObject({ status, code })
  }
  expect(await (await get(product.id)).json()).toEqual(product)
})

describe('a change', () => {
  test('needs the state that it means', async () => {
    const product = await use.addProduct('Unconditional', 1)
    const changes = [patch(product.id, {}, { stock: 2 }), send('PUT', product.id, {}, fieldsOf(product))]
    for (const refused of await Promise.all([...changes, send('DELETE', product.id, {})])) {
      expect(await refused.json()).toMatchObject({ status: 428, code: 'PRECONDITION_REQUIRED' })
    }
    // That somebody has it cannot be what a change is made for.
    const odd = await send('PUT', product.id, { 'if-none-match': '"9-9"' }, fieldsOf(product))
    expect(odd.status).toBe(428)
    expect(await (await get(product.id)).json()).toEqual(product)
  })

  test('of a state that is gone is refused, with the tag of the one there is', async () => {
    const product = await use.addProduct('Changed Meanwhile', 1)
    const seen = { 'if-match': `"${product.id}-1"` }
    const changed = await patch(product.id, seen, { stock: 2 })
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, `"${product.id}-2"`])
    const changes = [patch(product.id, seen, { stock: 3 }), send('PUT', product.id, seen, fieldsOf(product))]
    for (const refused of await Promise.all([...changes, send('DELETE', product.id, seen)])) {
      expect(refused.headers.get('etag')).toBe(`"${product.id}-2"`)
      expect(await refused.json()).toMatchObject({ status: 412, code: 'PRECONDITION_FAILED' })
    }
    const weak = await patch(product.id, { 'if-match': `W/"${product.id}-2"` }, { stock: 3 })
    expect(weak.status).toBe(412)
    const oneOf = await patch(product.id, { 'if-match': `"${product.id}-1", "${product.id}-2"` }, { stock: 3 })
    expect(oneOf.headers.get('etag')).toBe(`"${product.id}-3"`)
  })

  test('is made by exactly one of 50 clients who have seen the same state, over two instances', async () => {
    const { id } = await use.addProduct('Contended', 1)
    const seen = { 'if-match': `"${id}-1"` }
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, client) =>
        patiently(() => patch(id, seen, { stock: 100 + client }, client % 2 === 0 ? use.direct : use.behindProxy)),
      ),
    )
    const won = all.filter(({ status }) => status === 200)
    expect([won.length, all.filter(({ status }) => status === 412).length]).toEqual([1, 49])
    expect(await (await get(id)).json()).toEqual(await won[0]?.json())
  })

  test('of whatever there is goes through for all of 20 clients, one after the other', async () => {
    const { id } = await use.addProduct('Whatever There Is', 1)
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, client) =>
        patiently(() =>
          patch(id, { 'if-match': '*' }, { stock: client }, client % 2 === 0 ? use.direct : use.behindProxy),
        ),
      ),
    )
    const tags = all.map((response) => response.headers.get('etag'))
    expect([new Set(tags).size, all.every(({ ok }) => ok)]).toEqual([20, true])
  })
})

describe('a merge patch', () => {
  test('changes what it names', async () => {
    const product = await use.addProduct('Patched', 1)
    const { version, updatedAt, ...changed } = (await (
      await patch(product.id, { 'if-match': '*' }, { priceCents: 5, name: 'Patched Twice' })
    ).json()) as Product
    expect({ ...changed, version }).toEqual({
      ...changed,
      slug: 'patched',
      priceCents: 5,
      name: 'Patched Twice',
      version: 2,
    })
    expect(updatedAt >= product.updatedAt).toBe(true)
  })

  test('without a slug has it made from the name; nothing else can be removed', async () => {
    const { id } = await use.addProduct('Old Name', 1)
    const renamed = await patch(id, { 'if-match': '*' }, { name: 'New Name', slug: null })
    expect(await renamed.json()).toMatchObject({ name: 'New Name', slug: 'new-name' })
    const refused = await patch(id, { 'if-match': '*' }, { description: null, colour: 'red' })
    const { status, errors } = (await refused.json()) as { status: number; errors: { pointer: string }[] }
    expect([status, errors.map(({ pointer }) => pointer)]).toEqual([400, ['/colour', '/description']])
  })

  test('has a media type of its own', async () => {
    const { id } = await use.addProduct('Media Type', 1)
    for (const type of ['application/json', 'application/json-patch+json', 'text/plain']) {
      const refused = await patch(id, { 'if-match': '*', 'content-type': type }, { stock: 2 })
      expect(refused.headers.get('accept-patch')).toBe(mergePatch)
      expect(await refused.json()).toMatchObject({ status: 415, detail: expect.stringContaining(mergePatch) })
    }
    const options = await send('OPTIONS', id, {})
    expect([options.headers.get('allow'), options.headers.get('accept-patch')]).toEqual([
      'DELETE, GET, HEAD, OPTIONS, PATCH, PUT',
      mergePatch,
    ])
    const put = await send('PUT', id, { 'if-match': '*', 'content-type': mergePatch }, {})
    expect([put.status, put.headers.get('accept-patch')]).toEqual([415, null])
  })
})

describe('a product that was removed', () => {
  test('is nowhere, cannot be ordered, and leaves its slug to others', async () => {
    const product = await use.addProduct('Removed', 5)
    expect((await send('DELETE', product.id, { 'if-match': `"${product.id}-1"` })).status).toBe(204)
    const paths = [`/api/products/${product.id}`, '/products/removed']
    for (const path of paths) expect((await fetch(`${use.direct}${path}`)).status).toBe(404)
    expect((await patch(product.id, { 'if-match': '*' }, { stock: 2 })).status).toBe(404)
    expect((await send('DELETE', product.id, { 'if-match': '*' })).status).toBe(404)
    const { products } = (await (await fetch(`${use.direct}/api/products?q=removed`)).json()) as { products: Product[] }
    expect(products).toEqual([])
    const lines = [{ productId: product.id, quantity: 1 }]
    const order = await post(`${use.direct}/api/orders`, { name: 'Al', email: 'al@example.com', lines })
    expect(await order.json()).toMatchObject({ status: 422, code: 'UNPROCESSABLE' })
    expect((await use.addProduct('Removed', 1)).slug).toBe('removed')
  })

  test('can be restored by whoever means that it is not there; no tag stands for two states', async () => {
    const product = await use.addProduct('Restored', 5)
    const fields = fieldsOf(product)
    const absent = { 'if-none-match': '*' }
    const tooEarly = await send('PUT', product.id, absent, fields)
    expect([tooEarly.status, tooEarly.headers.get('etag')]).toEqual([412, `"${product.id}-1"`])
    await send('DELETE', product.id, { 'if-match': '*' })
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, client) =>
        patiently(() => send('PUT', product.id, absent, fields, client % 2 === 0 ? use.direct : use.behindProxy)),
      ),
    )
    const counted = [201, 412].map((status) => all.filter((response) => response.status === status).length)
    expect(counted).toEqual([1, 19])
    expect(await (await get(product.id)).json()).toMatchObject({ ...fields, version: 3 })
    expect((await send('PUT', 2_000_000_000, absent, fields)).status).toBe(404)
  })
})

describe('the list', () => {
  interface Page {
    readonly products: Product[]
    readonly nextCursor?: string
  }

  test('leads through all products by its links, each once, while others come and go', async () => {
    const names = Array.from({ length: 7 }, (_, n) => `Listed ${n}`)
    const added: number[] = []
    for (const name of names) added.push((await use.addProduct(name, 1)).id)
    const seen: number[] = []
    let path: string | undefined = '/api/products?limit=3'
    while (path !== undefined) {
      const response = await fetch(`${use.direct}${path}`)
      const { products, nextCursor } = (await response.json()) as Page
      seen.push(...products.map(({ id }) => id))
      const link = response.headers.get('link')
      path = link === null ? undefined : /^<(\/api\/products\?limit=3&cursor=[\w-]+)>; rel="next"$/.exec(link)?.[1]
      expect(nextCursor).toBe(path?.split('cursor=')[1])
      // What the page began after is gone, and something new comes at the end: neither moves the pages.
      const [last] = products.slice(-1)
      if (last !== undefined && !added.includes(last.id)) await send('DELETE', last.id, { 'if-match': '*' })
      if (seen.length === 3) added.push((await use.addProduct('Listed Late', 1)).id)
    }
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b))
    expect(seen.filter((id) => added.includes(id))).toEqual(added)
  })

  test('takes only cursors of its own, as they are', async () => {
    await use.addProduct('First Page', 1)
    await use.addProduct('Second Page', 1)
    const { nextCursor = '' } = (await (await fetch(`${use.direct}/api/products?limit=1`)).json()) as Page
    expect((await fetch(`${use.behindProxy}/api/products?limit=1&cursor=${nextCursor}`)).status).toBe(200)
    expect((await fetch(`${use.direct}/?cursor=${nextCursor}`)).status).toBe(200)
    const last = nextCursor.at(-1) === 'A' ? 'B' : 'A'
    for (const path of [
      `/api/products?cursor=${nextCursor.slice(0, -1)}${last}`,
      `/?cursor=${nextCursor.slice(1)}`,
      `/api/users?cursor=${nextCursor}`,
    ]) {
      const refused = (await (await fetch(`${use.direct}${path}`)).json()) as object
      expect(refused).toMatchObject({ status: 400, code: 'CURSOR_INVALID', errors: [{ pointer: '/cursor' }] })
    }
  })
})
