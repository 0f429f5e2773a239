/** The cart as a page: plain forms, sent as browsers send them. */
import type { Product } from '@roundtrip/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { useContract } from './testing/contract.ts'
import { Customer, type Answer } from './testing/customers.ts'
import { startInstances, type Instances } from './testing/instances.ts'

useContract()

let use: Instances

beforeAll(async () => {
  use = await startInstances()
})

afterAll(() => use.close())

const visitor = (): Customer => new Customer(use.direct)
const form = (fields: Record<string, string>): URLSearchParams => new URLSearchParams(fields)
const fieldOf = ({ text }: Answer, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1]?.replaceAll('&quot;', '"') ?? ''
const quantities = async (customer: Customer): Promise<number[][]> =>
  (await customer.cart()).items.map(({ productId, quantity }) => [productId, quantity])

const changePrice = async ({ id }: Product, priceCents: number): Promise<void> => {
  await use.database.write((tx) => tx.query('update products set price_cents = $2 where id = $1', [id, priceCents]))
}

test('put in, change, and order with plain forms; the double click orders once', async () => {
  const product = await use.addProduct('Plain <Form>', 9)
  const customer = visitor()
  expect((await customer.ask('GET', '/cart')).text).toContain('There is nothing in it.')
  const added = { productId: String(product.id), quantity: '2' }
  for (let click = 0; click < 2; click++) {
    const answer = await customer.ask('POST', '/cart/items', form(added))
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/cart'])
  }
  expect(await quantities(customer)).toEqual([[product.id, 4]])
  await customer.ask('POST', `/cart/items/${product.id}`, form({ quantity: '3' }))
  const page = await customer.ask('GET', '/cart')
  expect(page.headers.get('cache-control')).toBe('private, no-store')
  expect(page.text).toContain('Plain &lt;Form&gt;')
  expect(page.text).toContain('€ 59.97')
  const [key, seen] = [fieldOf(page, 'key'), fieldOf(page, 'seen')]
  const asked = { key, seen, name: 'Al', email: 'al@example.com' }
  const clicks = await Promise.all([1, 2].map(() => customer.ask('POST', '/cart/checkout', form(asked))))
  const [to] = clicks.map(({ headers }) => headers.get('location'))
  expect(clicks.map(({ status, headers }) => [status, headers.get('location')])).toEqual([
    [303, to],
    [303, to],
  ])
  expect((await customer.ask('GET', to ?? '')).text).toContain('Thank you, Al')
  expect(await use.countsOf(product.id)).toEqual({ orders: 1, mails: 1, stock: 6 })
})

test('order what was seen, or nothing', async () => {
  const product = await use.addProduct('Seen On Page', 9)
  const customer = visitor()
  await customer.ask('POST', '/cart/items', form({ productId: String(product.id), quantity: '1' }))
  const page = await customer.ask('GET', '/cart')
  await changePrice(product, 5)
  const asked = { key: fieldOf(page, 'key'), seen: fieldOf(page, 'seen'), name: 'Al', email: 'al@example.com' }
  expect((await customer.ask('POST', '/cart/checkout', form(asked))).status).toBe(412)
  await customer.ask('POST', `/cart/items/${product.id}`, form({ quantity: '0' }))
  expect(await customer.cart()).toMatchObject({ items: [] })
})

test('take nothing from a form on another site', async () => {
  const { id } = await use.addProduct('Foreign', 9)
  const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
  const fields = form({ productId: String(id), quantity: '1' })
  expect((await visitor().ask('POST', '/cart/items', fields, headers)).status).toBe(403)
})
