/** For tests only: a visitor's and a customer's way through the shop that answers every route about carts and orders. */
import type { Order } from '@roundtrip/contracts'
import type { Database } from '@roundtrip/postgres'
import { expect } from 'vitest'
import { Customer, orderIn, signedUp, type Answer } from './customers.ts'

const buyer = { name: 'Alice', email: 'alice@example.com' }
const form = (fields: Record<string, string>): URLSearchParams => new URLSearchParams(fields)

/** Refuses to go on after a refusal. */
const good = async (asked: Promise<Answer>): Promise<Answer> => {
  const answer = await asked
  expect([answer.status, answer.text]).toEqual([expect.toSatisfy((status: number) => status < 400), answer.text])
  return answer
}

const byForms = async (visitor: Customer, productId: number): Promise<string> => {
  await good(visitor.ask('POST', '/cart/items', form({ productId: String(productId), quantity: '1' })))
  await good(visitor.ask('POST', `/cart/items/${productId}`, form({ quantity: '1' })))
  const { text } = await good(visitor.ask('GET', '/cart'))
  const [key = '', seen = ''] = ['key', 'seen'].map(
    (name) => new RegExp(`name="${name}" value="([^"]+)"`).exec(text)?.[1],
  )
  const filledIn = { ...buyer, key, seen: seen.replaceAll('&quot;', '"') }
  const { headers } = await good(visitor.ask('POST', '/cart/checkout', form(filledIn)))
  return headers.get('location') ?? ''
}

/** @param url of the application */
export const useShop = async (url: string, database: Database, productId: number): Promise<void> => {
  const visitor = new Customer(url)
  const order = await byForms(visitor, productId)
  await good(visitor.ask('GET', order))
  await good(visitor.ask('POST', `${order}/cancellation`, form({})))
  await good(visitor.put(productId, 1))
  await good(visitor.ask('DELETE', `/api/cart/items/${productId}`))
  await good(visitor.put(productId, 1))
  const customer = visitor.elsewhere(url, await signedUp(database))
  await good(customer.ask('GET', '/api/cart'))
  const { id } = orderIn(await good(customer.checkout({ 'idempotency-key': 'use-shop' })))
  const lines = [{ productId, quantity: 1 }]
  await good(customer.ask('POST', '/api/orders', { ...buyer, lines }, { 'idempotency-key': 'another' }))
  const list = JSON.parse((await good(customer.ask('GET', '/api/orders?limit=1'))).text) as {
    readonly orders: readonly Pick<Order, 'id'>[]
    readonly nextCursor: string
  }
  expect(list.orders).toHaveLength(1)
  await good(customer.ask('GET', `/api/orders?cursor=${list.nextCursor}`))
  await good(customer.ask('GET', '/orders'))
  await good(customer.ask('POST', `/api/orders/${id}/cancellation`))
}
