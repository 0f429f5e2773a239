/** The schemas that the description calls by a name, with an example each. */
import {
  accountSchema,
  cartItemSchema,
  cartQuantitySchema,
  cartSchema,
  codeRequestSchema,
  credentialsSchema,
  customerSchema,
  newAccountSchema,
  newOrderSchema,
  newProductSchema,
  newTokenAnswerSchema,
  newTokenSchema,
  orderLineSchema,
  orderListSchema,
  orderSchema,
  orderSummarySchema,
  passwordChangeSchema,
  passwordResetSchema,
  patchProductSchema,
  problemSchema,
  productListSchema,
  productSchema,
  replaceProductSchema,
  roleChangeSchema,
  sessionListSchema,
  signedInSchema,
  tokenListSchema,
  tokenSchema,
  userListSchema,
} from '@roundtrip/contracts'

const product = {
  slug: 'oak-table',
  name: 'Oak table',
  description: 'Seats six, and outlives them.',
  priceCents: 34_900,
  stock: 12,
}
const shownProduct = { id: 7, ...product, currency: 'EUR', version: 4, updatedAt: '2026-11-21T09:30:00.000Z' }
const customer = { name: 'Alice', email: 'alice@example.com' }
const { email } = customer
const orderId = '0e0f9d7c-9a55-4c39-8f0e-6f6d3f2a1b4c'
const line = { productId: 7, name: 'Oak table', quantity: 1, unitPriceCents: 34_900 }
const summary = {
  id: orderId,
  status: 'placed',
  totalCents: 34_900,
  currency: 'EUR',
  placedAt: '2026-11-21T09:31:00.000Z',
}
const item = {
  productId: 7,
  slug: 'oak-table',
  name: 'Oak table',
  quantity: 1,
  unitPriceCents: 34_900,
  available: true,
}
const password = 'five quiet herons wade'
const newPassword = 'six loud cranes fly home'
const code = '7KQ2-M4XD'
const token = {
  id: '5f1c2c1e-6a0c-4b6f-9c59-0f8c8c3c2c55',
  name: 'stock script',
  scopes: ['catalogue'],
  createdAt: '2026-11-21T09:00:00.000Z',
  expiresAt: '2026-12-21T09:00:00.000Z',
  lastUsedAt: null,
}
const session = {
  name: 'f3b0c1',
  agent: 'Firefox on Linux',
  beganAt: '2026-11-21T09:00:00.000Z',
  lastSeenAt: '2026-11-21T09:30:00.000Z',
  isThisOne: true,
}

export const namedSchemas: Readonly<Record<string, readonly [schema: object, example?: unknown]>> = {
  Problem: [problemSchema],
  Product: [productSchema, shownProduct],
  ProductList: [productListSchema, { products: [shownProduct], nextCursor: 'WzddLnNpZ25lZA' }],
  NewProduct: [newProductSchema, product],
  ReplacedProduct: [replaceProductSchema, product],
  ProductPatch: [patchProductSchema, { priceCents: 29_900 }],
  Order: [orderSchema, { ...summary, ...customer, lines: [line] }],
  OrderLine: [orderLineSchema, line],
  OrderSummary: [orderSummarySchema, summary],
  OrderList: [orderListSchema, { orders: [summary] }],
  NewOrder: [newOrderSchema, { ...customer, lines: [{ productId: 7, quantity: 1 }] }],
  Cart: [cartSchema, { version: 3, items: [item], totalCents: 34_900, currency: 'EUR' }],
  CartItem: [cartItemSchema, item],
  CartQuantity: [cartQuantitySchema, { quantity: 2 }],
  Customer: [customerSchema, customer],
  UserList: [userListSchema, { users: [{ id: 1, name: 'Alice' }] }],
  Account: [accountSchema, { id: '42', ...customer, role: 'customer' }],
  CodeRequest: [codeRequestSchema, { email, purpose: 'sign-up' }],
  NewAccount: [newAccountSchema, { ...customer, code, password }],
  PasswordReset: [passwordResetSchema, { email, code, password }],
  PasswordChange: [passwordChangeSchema, { currentPassword: password, newPassword }],
  Credentials: [credentialsSchema, { email, password }],
  RoleChange: [roleChangeSchema, { role: 'staff' }],
  SignedIn: [signedInSchema, { account: { id: '42', role: 'customer' }, csrfToken: 'Xc2b0-7u9Yl' }],
  SessionList: [sessionListSchema, { sessions: [session] }],
  Token: [tokenSchema, token],
  TokenList: [tokenListSchema, { tokens: [token] }],
  NewToken: [newTokenSchema, { name: 'stock script', scopes: ['catalogue'], expiresInSeconds: 2_592_000 }],
  MadeToken: [newTokenAnswerSchema, { ...token, token: 'rtp_…' }],
}

const names = new Map(Object.entries(namedSchemas).map(([name, [schema]]) => [JSON.stringify(schema), name]))

/** The same with the names of known schemas in their place. */
export const withNames = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  const name = names.get(JSON.stringify(value))
  return name === undefined ? withNamesInside(value) : { $ref: `#/components/schemas/${name}` }
}

const withNamesInside = (value: object): unknown =>
  Array.isArray(value)
    ? value.map(withNames)
    : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withNames(inner)]))

/** For `components.schemas`. */
export const describedSchemas = (): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(namedSchemas).map(([name, [schema, example]]) => [
      name,
      { ...(withNamesInside(schema) as object), ...(example !== undefined && { examples: [example] }) },
    ]),
  )
