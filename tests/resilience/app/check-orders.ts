/** Of orders: none that was acknowledged is missing, none is doubled, none came of nothing, and stock adds up. */
import type { Anomaly } from './anomaly.ts'
import type { History, Line, Ordering, ProductReading, StoredOrder } from './history.ts'

const quantities = (lines: readonly Line[]): Map<number, number> => {
  const sums = new Map<number, number>()
  for (const { productId, quantity } of lines) sums.set(productId, (sums.get(productId) ?? 0) + quantity)
  return sums
}

const areEqual = (a: readonly Line[], b: readonly Line[]): boolean => {
  const [left, right] = [quantities(a), quantities(b)]
  return left.size === right.size && [...left].every(([productId, quantity]) => right.get(productId) === quantity)
}

const grouped = <T extends { readonly key: string }>(list: readonly T[]): Map<string, T[]> =>
  Map.groupBy(list, ({ key }) => key)

const checkKey = (key: string, attempts: readonly Ordering[], stored: readonly StoredOrder[]): Anomaly[] => {
  const acknowledged = attempts.filter(({ outcome }) => outcome === 'ok')
  const ids = new Set(acknowledged.map(({ orderId }) => orderId))
  const found: Anomaly[] = []
  const add = (kind: Anomaly['kind'], sentence: string, shownBy: readonly Ordering[]): void =>
    void found.push({ kind, sentence, shownBy })
  if (stored.length > 1) add('doubled', `${key} is ${stored.length} orders`, attempts)
  if (ids.size > 1) add('doubled', `${key} was answered with ${ids.size} orders`, acknowledged)
  for (const attempt of acknowledged) {
    if (!stored.some(({ id }) => id === attempt.orderId)) {
      add('missing', `order ${attempt.orderId} was acknowledged and is not there`, [attempt])
    }
  }
  if (stored.length > 0 && attempts.every(({ outcome }) => outcome === 'failed')) {
    add('not asked for', `${key} is an order, and every attempt was said to have failed`, attempts)
  }
  const [first] = attempts
  if (first !== undefined && stored.some(({ lines }) => !areEqual(lines, first.lines))) {
    add('wrong content', `the lines of ${key} are not those that were ordered`, attempts)
  }
  return found
}

const checkKeys = ({ operations, after }: History): Anomaly[] => {
  const attempts = grouped(operations.filter((operation) => operation.kind === 'order'))
  const stored = grouped(after.orders)
  const keys = new Set([...attempts.keys(), ...stored.keys()])
  return [...keys].flatMap((key) => checkKey(key, attempts.get(key) ?? [], stored.get(key) ?? []))
}

/** A product that is only bought: each order takes its quantity and raises the version by one. */
const checkStock = ({ operations, before, after }: History): Anomaly[] => {
  const sold = new Map<number, { quantity: number; orders: number }>()
  for (const { lines } of after.orders) {
    for (const [productId, quantity] of quantities(lines)) {
      const { quantity: sum, orders } = sold.get(productId) ?? { quantity: 0, orders: 0 }
      sold.set(productId, { quantity: sum + quantity, orders: orders + 1 })
    }
  }
  const changed = new Set(operations.flatMap((one) => (one.kind === 'change' ? [one.productId] : [])))
  return before.flatMap((was): Anomaly[] => {
    const is = after.products.find(({ id }) => id === was.id)
    const { quantity, orders } = sold.get(was.id) ?? { quantity: 0, orders: 0 }
    if (is === undefined) return [{ kind: 'missing', sentence: `product ${was.id} is gone`, shownBy: [] }]
    const addsUp = is.stock === was.stock - quantity && (changed.has(was.id) || is.version === was.version + orders)
    if (addsUp) return []
    const sentence = `${was.stock} of ${was.id} at version ${was.version}, less ${quantity} in ${orders} orders, are ${is.stock} at ${is.version}`
    return [{ kind: 'stock does not add up', sentence, shownBy: [] }]
  })
}

const checkNegative = ({ operations, after }: History): Anomaly[] => {
  const readings = operations.filter(
    (one): one is ProductReading => one.kind === 'read product' && (one.seen?.stock ?? 0) < 0,
  )
  return [
    ...readings.map((one): Anomaly => ({
      kind: 'negative stock',
      sentence: `of ${one.productId}, as read`,
      shownBy: [one],
    })),
    ...after.products
      .filter(({ stock }) => stock < 0)
      .map(({ id }): Anomaly => ({ kind: 'negative stock', sentence: `of ${id}, afterwards`, shownBy: [] })),
  ]
}

export const checkOrders = (history: History): Anomaly[] => [
  ...checkKeys(history),
  ...checkStock(history),
  ...checkNegative(history),
]
