/** One page, several visitors: each orders once. */
import { expect, test } from 'vitest'
import { formKey } from './form-key.ts'
import { idempotencyKeyPattern } from './idempotency.ts'

const order = { name: 'Alice', email: 'alice@example.com', lines: [{ productId: 1, quantity: 1 }] }
const page = '0e0f9d7c-9a55-4c39-8f0e-6f6d3f2a1b4c'

test('the same page filled in the same way has the same key; any difference makes another', () => {
  const key = formKey(page, order)
  expect(formKey(page, structuredClone(order))).toEqual(key)
  const others = [
    formKey('another page', order),
    formKey(page, { ...order, name: 'Bob' }),
    formKey(page, { ...order, email: 'bob@example.com' }),
    formKey(page, { ...order, lines: [{ productId: 1, quantity: 2 }] }),
  ].map(({ text }) => text)
  expect(new Set([key.text, ...others]).size).toBe(5)
})

test('no client of the API can use such a key', () => {
  expect(formKey(page, order).text).not.toMatch(new RegExp(idempotencyKeyPattern))
})
