import { expect, it } from 'vitest'
import { priorityOf } from './priority-of.ts'

it.each([
  ['GET', '/health/ready', undefined],
  ['POST', '/api/orders', 'critical'],
  ['POST', '/orders', 'critical'],
  ['GET', '/api/orders/:id', 'critical'],
  ['PUT', '/api/cart/items/:productId', 'critical'],
  ['POST', '/cart/checkout', 'critical'],
  ['POST', '/api/sessions', 'critical'],
  ['POST', '/sign-in', 'critical'],
  ['GET', '/', 'sheddable'],
  ['HEAD', '/products/:slug', 'sheddable'],
  ['GET', '/api/products', 'sheddable'],
  ['PATCH', '/api/products/:id', 'normal'],
  ['POST', '/api/accounts', 'normal'],
  ['GET', '/api/accounts/me', 'normal'],
  ['GET', '/ordersx', 'normal'],
  ['GET', undefined, 'normal'],
])('%s %s: %s', (method, route, priority) => {
  expect(priorityOf({ method, route })).toBe(priority)
})
