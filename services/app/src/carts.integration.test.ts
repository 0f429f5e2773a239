/** Carts of visitors and accounts, and the order that empties them: against a real Postgres, over two instances. */
import type { Cart, Product } from '@roundtrip/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Retention } from './relay/retention.ts'
import { useContract } from './testing/contract.ts'
import { Customer, orderIn, patiently, signedUp, type Answer } from './testing/customers.ts'
import { startInstances, untilSomebodyWaits, type Instances } from './testing/instances.ts'

useContract()

let use: Instances

beforeAll(async () => {
  use = await startInstances()
})

afterAll(() => use.close())

const visitor = (): Customer => new Customer(use.direct)
const cartIn = ({ text }: Answer): Cart => JSON.parse(text) as Cart
const problemIn = ({ text }: Answer): unknown => JSON.parse(text)
const quantities = ({ items }: Cart): number[][] => items.map(({ productId, quantity }) => [productId, quantity])

const changePrice = async ({ id }: Product, priceCents: number): Promise<void> => {
  await use.database.write((tx) => tx.query('update products set price_cents = $2 where id = $1', [id, priceCents]))
}

const rowsOf = async (table: 'carts' | 'cart_items'): Promise<number> => {
  const { value } = await use.database.read('strong', (queryable) =>
    queryable.query<{ n: number }>(`select count(*)::int as n from ${table}`),
  )
  return value[0]?.n ?? 0
}

describe('the cart of a visitor', () => {
  test('is empty, and costs nothing, until something is put in', async () => {
    const before = await rowsOf('carts')
    const looked = await visitor().ask('GET', '/api/cart')
    expect(cartIn(looked)).toEqual({ version: 0, items: [], totalCents: 0, currency: 'EUR' })
    expect([looked.headers.get('set-cookie'), looked.headers.get('cache-control')]).toEqual([null, 'private, no-store'])
    expect(await rowsOf('carts')).toBe(before)
  })

  test('keeps what is put in, in that order, for the one who has its cookie, at both instances', async () => {
    const [one, two] = [await use.addProduct('Cart One', 5), await use.addProduct('Cart Two', 5)]
    const customer = visitor()
    const put = await customer.put(two.id, 2)
    expect(put.headers.getSetCookie()[0]).toMatch(
      /^__Host-cart=[\w-]{22}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=2592000$/,
    )
    await customer.put(one.id, 1)
    const other = customer.elsewhere(use.behindProxy)
    expect(quantities(cartIn(await other.put(two.id, 3)))).toEqual([
      [two.id, 3],
      [one.id, 1],
    ])
    expect(await customer.cart()).toMatchObject({ version: 3, totalCents: 4 * 1999 })
    expect(quantities(cartIn(await other.ask('DELETE', `/api/cart/items/${two.id}`)))).toEqual([[one.id, 1]])
    expect(await visitor().cart()).toMatchObject({ items: [] })
  })

  test('is found by the hash of the cookie only', async () => {
    const { id } = await use.addProduct('Hashed', 5)
    const customer = visitor()
    await customer.put(id, 1)
    const token = customer.cookies.get('__Host-cart') ?? ''
    const { value } = await use.database.read('strong', (queryable) =>
      queryable.query('select from carts where token_hash = sha256($1::bytea)', [token]),
    )
    expect([token.length, value.length]).toEqual([22, 1])
    const forged = visitor()
    forged.cookies.set('__Host-cart', `${token}'`)
    expect(await forged.cart()).toMatchObject({ version: 0 })
  })

  test('has the prices of the shop, and says what cannot be had; what is no longer sold leaves it', async () => {
    const [dear, gone] = [await use.addProduct('Dear', 1), await use.addProduct('Gone Soon', 5)]
    const customer = visitor()
    await customer.put(dear.id, 2)
    await customer.put(gone.id, 1)
    await changePrice(dear, 5000)
    await use.database.write((tx) => tx.query('update products set deleted_at = now() where id = $1', [gone.id]))
    expect(await customer.cart()).toMatchObject({
      items: [{ productId: dear.id, unitPriceCents: 5000, available: false }],
      totalCents: 10_000,
    })
  })

  test.each([
    ['nothing', { quantity: 0 }],
    ['more than an order may have', { quantity: 101 }],
    ['a price', { quantity: 1, unitPriceCents: 1 }],
    ['half a piece', { quantity: 1.5 }],
  ])('does not take %s', async (what, body) => {
    const { id } = await use.addProduct(`Limits: ${what}`, 5)
    expect((await visitor().ask('PUT', `/api/cart/items/${id}`, body)).status).toBe(400)
  })

  test('does not take what is not sold, nor more than 50 products', async () => {
    const customer = visitor()
    expect(problemIn(await customer.put(2_000_000_000, 1))).toMatchObject({ status: 404 })
    const ids: number[] = []
    for (let n = 0; n < 51; n++) ids.push((await use.addProduct(`Many ${n}`, 1)).id)
    const last = ids.pop() ?? 0
    for (const id of ids) await customer.put(id, 1)
    expect(problemIn(await customer.put(last, 1))).toMatchObject({ status: 422, code: 'UNPROCESSABLE' })
    expect((await customer.put(ids[0] ?? 0, 2)).status).toBe(200)
    expect(await customer.cart()).toMatchObject({ version: 51, items: { length: 50 } })
  })

  test('is changed as it was seen, when that is asked for', async () => {
    const { id } = await use.addProduct('Seen', 5)
    const customer = visitor()
    const etag = (await customer.put(id, 1)).headers.get('etag') ?? ''
    const same = await customer.ask('GET', '/api/cart', undefined, { 'if-none-match': etag })
    expect([same.status, same.text]).toEqual([304, ''])
    const both = await Promise.all([2, 3].map((quantity) => customer.put(id, quantity, { 'if-match': etag })))
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412])
    const refused = both.find(({ status }) => status === 412)
    expect(refused?.headers.get('etag')).toBe((await customer.ask('GET', '/api/cart')).headers.get('etag'))
    expect((await customer.cart()).version).toBe(2)
  })

  test('is removed when nobody has touched it for a month; that of an account stays', async () => {
    const { id } = await use.addProduct('Abandoned', 5)
    const [left, kept] = [visitor(), visitor()]
    const account = new Customer(use.direct, await signedUp(use.database))
    for (const customer of [left, kept, account]) await customer.put(id, 1)
    await use.database.write(async (tx) => {
      await tx.query(`update carts set touched_at = now() - interval '30 days 1 minute'`)
    })
    await kept.put(id, 2)
    const log = { warn: (): void => {} }
    await new Retention({ database: use.database, batchSize: 1, log }).removeOld()
    expect(await Promise.all([left, kept, account].map(async (each) => (await each.cart()).version))).toEqual([0, 2, 1])
    const { value } = await use.database.read('strong', (queryable) =>
      queryable.query('select from cart_items where not exists (select from carts where id = cart_id)'),
    )
    expect(value).toEqual([])
  })
})

describe('signing in', () => {
  test('brings along what the visitor had; the cookie goes, and nothing is lost or doubled', async () => {
    const [one, two, three] = [
      await use.addProduct('Both', 200),
      await use.addProduct('Only Visitor', 5),
      await use.addProduct('Only Account', 5),
    ]
    const headers = await signedUp(use.database)
    const account = new Customer(use.direct, headers)
    await account.put(one.id, 60)
    await account.put(three.id, 1)
    const before = visitor()
    await before.put(one.id, 60)
    await before.put(two.id, 2)
    const tabs = [before.elsewhere(use.direct, headers), before.elsewhere(use.behindProxy, headers)]
    const carts = await Promise.all(tabs.map((tab) => tab.cart()))
    for (const cart of carts.map(quantities)) {
      expect(cart.toSorted(([a = 0], [b = 0]) => a - b)).toEqual([
        [one.id, 100],
        [two.id, 2],
        [three.id, 1],
      ])
    }
    expect(tabs.map(({ cookies }) => cookies.has('__Host-cart'))).toEqual([false, false])
    expect(await before.cart()).toMatchObject({ version: 0 })
    expect(quantities(await account.cart())).toHaveLength(3)
  })

  test('with two full carts: what came last stays', async () => {
    const ids: number[] = []
    for (let n = 0; n < 60; n++) ids.push((await use.addProduct(`Full ${n}`, 1)).id)
    const headers = await signedUp(use.database)
    const [account, before] = [new Customer(use.direct, headers), visitor()]
    for (const id of ids.slice(0, 30)) await account.put(id, 1)
    for (const id of ids.slice(30)) await before.put(id, 1)
    const { items } = await before.elsewhere(use.direct, headers).cart()
    expect(items.map(({ productId }) => productId)).toEqual(ids.slice(10))
  })

  test('with a token that was made for something else opens no cart', async () => {
    const account = new Customer(use.direct, await signedUp(use.database, 'staff', ['catalogue']))
    expect(problemIn(await account.ask('GET', '/api/cart'))).toMatchObject({ status: 403, code: 'SCOPE_REQUIRED' })
  })
})

describe('checking out', () => {
  test('orders all that is in the cart, and empties it', async () => {
    const [one, two] = [await use.addProduct('Checked One', 5), await use.addProduct('Checked Two', 5)]
    const customer = visitor()
    await customer.put(two.id, 2)
    await customer.put(one.id, 1)
    const placed = await customer.checkout()
    const order = orderIn(placed)
    expect([placed.status, placed.headers.get('location')]).toEqual([201, `/api/orders/${order.id}`])
    expect(order).toMatchObject({ status: 'placed', totalCents: 3 * 1999 })
    expect(order.lines.map(({ productId, quantity }) => [productId, quantity])).toEqual([
      [two.id, 2],
      [one.id, 1],
    ])
    expect(await customer.cart()).toMatchObject({ version: 3, items: [] })
    expect([await use.countsOf(one.id), await use.countsOf(two.id)]).toEqual([
      { orders: 1, mails: 1, stock: 4 },
      { orders: 1, mails: 1, stock: 3 },
    ])
    expect(problemIn(await customer.checkout())).toMatchObject({ status: 422, detail: 'There is nothing in the cart.' })
    expect(problemIn(await visitor().checkout())).toMatchObject({ status: 422 })
  })

  test('twice under one key is one order, also at once and at another instance', async () => {
    const { id } = await use.addProduct('Checked Once', 50)
    const customer = visitor()
    await customer.put(id, 3)
    const key = { 'idempotency-key': 'check-out' }
    const insist = async (each: Customer): Promise<Answer> => {
      for (;;) {
        const answer = await patiently(() => each.checkout(key))
        if (answer.status !== 409) return answer
      }
    }
    const both = [customer.elsewhere(use.behindProxy), customer.elsewhere(use.direct)]
    const [first, second] = await Promise.all(both.map(insist))
    expect([first?.status, first?.text]).toEqual([201, second?.text])
    expect((await customer.checkout(key)).headers.get('idempotency-replayed')).toBe('true')
    expect(await use.countsOf(id)).toEqual({ orders: 1, mails: 1, stock: 47 })
    // Keys belong to carts: the same text is another key for somebody else.
    const other = visitor()
    await other.put(id, 1)
    expect((await other.checkout(key)).status).toBe(201)
  })

  test('without a key but at once from 10 tabs is one order as well: a cart is emptied once', async () => {
    const { id } = await use.addProduct('Ten Tabs', 50)
    const customer = visitor()
    await customer.put(id, 2)
    const tabs = Array.from({ length: 10 }, (_, tab) =>
      customer.elsewhere(tab % 2 === 0 ? use.direct : use.behindProxy),
    )
    const statuses = (await Promise.all(tabs.map((tab) => patiently(() => tab.checkout())))).map(({ status }) => status)
    expect([
      statuses.filter((status) => status === 201).length,
      statuses.filter((status) => status === 422).length,
    ]).toEqual([1, 9])
    expect(await use.countsOf(id)).toMatchObject({ orders: 1, stock: 48 })
  })

  test('what cannot be had leaves everything as it was', async () => {
    const [enough, few] = [await use.addProduct('Enough', 5), await use.addProduct('Few', 1)]
    const customer = visitor()
    await customer.put(enough.id, 1)
    await customer.put(few.id, 2)
    expect(problemIn(await customer.checkout({ 'idempotency-key': 'k' }))).toMatchObject({ code: 'OUT_OF_STOCK' })
    expect(await customer.cart()).toMatchObject({ version: 2, items: [{}, { available: false }] })
    expect(await use.countsOf(enough.id)).toEqual({ orders: 0, mails: 0, stock: 5 })
    await customer.put(few.id, 1)
    expect((await customer.checkout({ 'idempotency-key': 'k' })).status).toBe(201)
  })

  test('under If-Match nobody pays another price than they have seen', async () => {
    const product = await use.addProduct('Price Seen', 5)
    const customer = visitor()
    const seen = (await customer.put(product.id, 1)).headers.get('etag') ?? ''
    await changePrice(product, 9999)
    expect(problemIn(await customer.checkout({ 'if-match': seen }))).toMatchObject({ status: 412 })
    expect(await use.countsOf(product.id)).toMatchObject({ orders: 0 })
    const now = (await customer.ask('GET', '/api/cart')).headers.get('etag') ?? ''
    expect(orderIn(await customer.checkout({ 'if-match': now })).totalCents).toBe(9999)
  })
})

test('a price that is being changed is waited for: what is checked at the checkout is what is paid', async () => {
  const product = await use.addProduct('Being Changed', 5)
  const customer = visitor()
  const seen = (await customer.put(product.id, 1)).headers.get('etag') ?? ''
  const answer = Promise.withResolvers<Answer>()
  await use.database.write(async (tx) => {
    await tx.query('update products set price_cents = 9999 where id = $1', [product.id])
    answer.resolve(customer.checkout({ 'if-match': seen }))
    await untilSomebodyWaits(use.database)
  })
  expect(problemIn(await answer.promise)).toMatchObject({ status: 412, code: 'PRECONDITION_FAILED' })
  expect(await use.countsOf(product.id)).toMatchObject({ orders: 0, stock: 5 })
})
