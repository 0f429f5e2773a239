/** The borders of the schemas: what they must let in, and what they must keep out. */
import { describe, expect, test } from 'vitest'
import { Value } from 'typebox/value'
import {
  newOrderSchema,
  newProductSchema,
  orderConfirmationSchema,
  patchProductSchema,
  productQuerySchema,
} from './index.ts'

const order = { name: 'Alice', email: 'alice@example.com', lines: [{ productId: 1, quantity: 2 }] }
const product = { name: 'Oak table', description: '', priceCents: 19_900, stock: 3 }

describe('new order', () => {
  test('a plain one is taken', () => expect(Value.Check(newOrderSchema, order)).toBe(true))
  test.each([
    ['no line', { ...order, lines: [] }],
    ['nothing of a product', { ...order, lines: [{ productId: 1, quantity: 0 }] }],
    ['half a piece', { ...order, lines: [{ productId: 1, quantity: 0.5 }] }],
    ['an unknown field', { ...order, totalCents: 1 }],
    ['an unknown field in a line', { ...order, lines: [{ productId: 1, quantity: 1, unitPriceCents: 0 }] }],
    ['a mailbox that adds a header', { ...order, email: 'a@b.c\r\nBcc: x@y.z' }],
    ['a mailbox with a trailing line break', { ...order, email: 'a@b.c\n' }],
    ['two mailboxes', { ...order, email: 'a@b.c, d@e.f' }],
    ['a name that adds a header', { ...order, name: 'Alice\nBcc: x@y.z' }],
    ['a blank name', { ...order, name: '   ' }],
  ])('%s is refused', (_, body) => expect(Value.Check(newOrderSchema, body)).toBe(false))
})

describe('product', () => {
  test('the slug may be left out', () => expect(Value.Check(newProductSchema, product)).toBe(true))
  test.each(['Oak', 'oak--table', '-oak', 'oak/table', 'oak%20', ''])('slug %j is refused', (slug) =>
    expect(Value.Check(newProductSchema, { ...product, slug })).toBe(false),
  )
  test.each([
    ['U+0000, which Postgres cannot store', { name: 'a\u0000b' }],
    ['a negative price', { priceCents: -1 }],
    ['a price beyond the column', { priceCents: 2 ** 31 }],
    ['null', { name: null }],
    ['an id', { id: 7 }],
    ['nothing', {}],
  ])('a patch with %s is refused', (_, patch) => expect(Value.Check(patchProductSchema, patch)).toBe(false))
  test('a patch of one field is taken', () => expect(Value.Check(patchProductSchema, { stock: 0 })).toBe(true))
})

test('pages hold 100 rows at most', () => {
  expect(Value.Check(productQuerySchema, { limit: 100 })).toBe(true)
  expect(Value.Check(productQuerySchema, { limit: 101 })).toBe(false)
})

test('an order confirmation needs no trace', () => {
  const payload = {
    orderId: '0e0f9d7c-9a55-4c39-8f0e-6f6d3f2a1b4c',
    to: 'alice@example.com',
    name: 'Alice',
    lines: [{ productId: 1, name: 'Oak table', quantity: 1, unitPriceCents: 19_900 }],
    totalCents: 19_900,
    currency: 'EUR',
  }
  expect(Value.Check(orderConfirmationSchema, payload)).toBe(true)
  expect(Value.Check(orderConfirmationSchema, { ...payload, orderId: '7' })).toBe(false)
})
