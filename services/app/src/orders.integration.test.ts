/** Whose orders are whose, and what cancelling one gives back: against a real Postgres, over two instances. */
import type { OrderSummary } from '@roundtrip/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useContract } from './testing/contract.ts'
import { Customer, orderIn, patiently, signedUp, type Answer } from './testing/customers.ts'
import { orderOf, startInstances, type Instances } from './testing/instances.ts'

useContract()

let use: Instances

beforeAll(async () => {
  use = await startInstances()
})

afterAll(() => use.close())

const visitor = (): Customer => new Customer(use.direct)
const account = async (): Promise<Customer> => new Customer(use.direct, await signedUp(use.database))
const problemIn = ({ text }: Answer): unknown => JSON.parse(text)

const place = (customer: Customer, productId: number, key?: string): Promise<Answer> =>
  customer.ask('POST', '/api/orders', orderOf(productId), key === undefined ? {} : { 'idempotency-key': key })

const cancel = (customer: Customer, id: string): Promise<Answer> =>
  customer.ask('POST', `/api/orders/${id}/cancellation`)

describe('an order', () => {
  test('that was placed without signing in is seen by whoever knows its id', async () => {
    const { id } = await use.addProduct('Anonymous', 5)
    const order = orderIn(await place(visitor(), id))
    for (const customer of [visitor(), await account()]) {
      expect(orderIn(await customer.ask('GET', `/api/orders/${order.id}`))).toEqual(order)
    }
  })

  test('of an account is seen by that account and by staff; for others it does not exist', async () => {
    const { id } = await use.addProduct('Mine', 5)
    const mine = await account()
    const order = orderIn(await place(mine, id))
    const staff = new Customer(use.direct, await signedUp(use.database, 'staff'))
    for (const customer of [mine, staff]) {
      expect((await customer.ask('GET', `/orders/${order.id}`)).status).toBe(200)
    }
    for (const customer of [visitor(), await account()]) {
      const paths = [`/api/orders/${order.id}`, `/orders/${order.id}`]
      for (const path of paths) expect((await customer.ask('GET', path)).status).toBe(404)
      const called = await customer.ask('POST', `/api/orders/${order.id}/cancellation`)
      expect(problemIn(called)).toMatchObject({ status: 404, code: 'NOT_FOUND' })
    }
    expect(await use.countsOf(id)).toMatchObject({ stock: 4 })
  })

  test('belongs to who placed it, not to whose mail address was given', async () => {
    const { id } = await use.addProduct('Given Address', 5)
    await use.database.write((tx) =>
      tx.query(`insert into users (name, email) values ('Alice', 'alice@example.com') on conflict do nothing`),
    )
    const order = orderIn(await place(visitor(), id))
    expect((await visitor().ask('GET', `/api/orders/${order.id}`)).status).toBe(200)
  })
})

describe('the list of orders', () => {
  interface Page {
    readonly orders: OrderSummary[]
    readonly nextCursor?: string
  }
  const pageIn = ({ text }: Answer): Page => JSON.parse(text) as Page

  test('has those of the account, the latest first, page by page, also those of one moment', async () => {
    const { id } = await use.addProduct('Listed Orders', 50)
    const [mine, other] = [await account(), await account()]
    const placed: string[] = []
    for (let n = 0; n < 7; n++) placed.push(orderIn(await place(mine, id)).id)
    await place(other, id)
    await use.database.write((tx) =>
      tx.query('update orders set placed_at = $2 where id = any($1::uuid[])', [
        placed.slice(2, 5),
        '2026-01-01T00:00:00.123456Z',
      ]),
    )
    const seen: OrderSummary[] = []
    let path = '/api/orders?limit=2'
    for (;;) {
      const answer = await mine.ask('GET', path)
      seen.push(...pageIn(answer).orders)
      const next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1]
      if (next === undefined) break
      path = next
      // What is placed meanwhile is on no page that comes.
      if (seen.length === 2) await place(mine, id)
    }
    const moment = placed.slice(2, 5).toSorted((a, b) => (a < b ? 1 : -1))
    const expected = [placed[6], placed[5], placed[1], placed[0], ...moment]
    expect(seen.map((order) => order.id)).toEqual(expected)
    expect(seen.at(-1)).toEqual({
      id: moment.at(-1),
      status: 'placed',
      totalCents: 1999,
      currency: 'EUR',
      placedAt: '2026-01-01T00:00:00.123Z',
    })
  })

  test('is a page as well; visitors are led to where they can sign in', async () => {
    const { id } = await use.addProduct('Page Of Orders', 5)
    const mine = await account()
    const [first, second] = [orderIn(await place(mine, id)), orderIn(await place(mine, id))]
    await cancel(mine, second.id)
    const page = await mine.ask('GET', '/orders?limit=1')
    expect(page.headers.get('cache-control')).toBe('private, no-store')
    expect(page.text).toContain(`href="/orders/${second.id}"`)
    expect(page.text).toContain('<td>cancelled</td>')
    const [, older = ''] = /rel="next" href="([^"]+)"/.exec(page.text) ?? []
    const next = await mine.ask('GET', older)
    expect(next.text).toContain(`href="/orders/${first.id}"`)
    expect(next.text).not.toContain('cancelled')
    const sent = await visitor().ask('GET', '/orders')
    expect([sent.status, sent.headers.get('location')]).toEqual([303, '/sign-in'])
  })

  test('needs an account, the scope to shop, and a cursor of its own', async () => {
    expect(problemIn(await visitor().ask('GET', '/api/orders'))).toMatchObject({ status: 401 })
    const catalogue = new Customer(use.direct, await signedUp(use.database, 'staff', ['catalogue']))
    expect(problemIn(await catalogue.ask('GET', '/api/orders'))).toMatchObject({ status: 403, code: 'SCOPE_REQUIRED' })
    const { id } = await use.addProduct('Cursor Orders', 5)
    const [mine, other] = [await account(), await account()]
    for (let n = 0; n < 2; n++) await place(mine, id)
    const { nextCursor = '' } = pageIn(await mine.ask('GET', '/api/orders?limit=1'))
    const refused = await other.ask('GET', `/api/orders?limit=1&cursor=${nextCursor}`)
    expect(problemIn(refused)).toMatchObject({ status: 400, code: 'CURSOR_INVALID' })
  })
})

describe('idempotency keys', () => {
  test('belong to accounts: the same text is another key for somebody else', async () => {
    const { id } = await use.addProduct('Keys', 9)
    const [mine, other] = [await account(), await account()]
    const [first, again, theirs, nobodys] = [
      await place(mine, id, 'same-text'),
      await place(mine.elsewhere(use.behindProxy), id, 'same-text'),
      await place(other, id, 'same-text'),
      await place(visitor(), id, 'same-text'),
    ]
    expect(again.text).toBe(first.text)
    expect(new Set([first, theirs, nobodys].map((answer) => orderIn(answer).id)).size).toBe(3)
    expect(await use.countsOf(id)).toMatchObject({ orders: 3, stock: 6 })
  })
})

describe('cancelling an order', () => {
  test('gives the stock back once, however often and from wherever it is asked for', async () => {
    const { id } = await use.addProduct('Given Back', 5)
    const mine = await account()
    const order = orderIn(await place(mine, id))
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        patiently(() => cancel(n % 2 === 0 ? mine : mine.elsewhere(use.behindProxy), order.id)),
      ),
    )
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]))
    expect(orderIn(await mine.ask('GET', `/api/orders/${order.id}`))).toEqual({ ...order, status: 'cancelled' })
    expect(await use.countsOf(id)).toMatchObject({ stock: 5 })
    expect(await (await fetch(`${use.direct}/api/products/${id}`)).json()).toMatchObject({ stock: 5, version: 3 })
  })

  test('and ordering the same at once, in the other order: nobody waits for each other', async () => {
    const [one, two] = [await use.addProduct('Locked One', 1000), await use.addProduct('Locked Two', 1000)]
    const lines = [two, one].map(({ id }) => ({ productId: id, quantity: 1 }))
    const buy = (): Promise<Answer> =>
      patiently(() => visitor().ask('POST', '/api/orders', { ...orderOf(one.id), lines }))
    const placed = await Promise.all(Array.from({ length: 10 }, buy))
    const mixed = await Promise.all(
      placed.flatMap((answer) => [patiently(() => cancel(visitor(), orderIn(answer).id)), buy()]),
    )
    expect(mixed.filter(({ status }) => status >= 400)).toEqual([])
    expect([await use.countsOf(one.id), await use.countsOf(two.id)]).toMatchObject([{ stock: 990 }, { stock: 990 }])
  })

  test('gives back what is no longer sold as well', async () => {
    const { id } = await use.addProduct('No Longer Sold', 5)
    const order = orderIn(await place(visitor(), id))
    await use.database.write((tx) => tx.query('update products set deleted_at = now() where id = $1', [id]))
    expect(orderIn(await cancel(visitor(), order.id))).toMatchObject({ status: 'cancelled' })
    expect(await use.countsOf(id)).toMatchObject({ stock: 5 })
  })

  test('can be done from its page, and the answer to its key stays the first one', async () => {
    const { id } = await use.addProduct('From Its Page', 5)
    const customer = visitor()
    const first = await place(customer, id, 'called-off')
    const { id: orderId } = orderIn(first)
    const page = await customer.ask('GET', `/orders/${orderId}`)
    expect(page.text).toContain(`action="/orders/${orderId}/cancellation"`)
    const called = await customer.ask('POST', `/orders/${orderId}/cancellation`, new URLSearchParams())
    expect([called.status, called.headers.get('location')]).toEqual([303, `/orders/${orderId}`])
    const after = await customer.ask('GET', `/orders/${orderId}`)
    expect(after.text).toContain('Order cancelled')
    expect(after.text).not.toContain('cancellation')
    expect((await place(customer, id, 'called-off')).text).toBe(first.text)
    expect(await use.countsOf(id)).toMatchObject({ orders: 1, stock: 5 })
  })
})
