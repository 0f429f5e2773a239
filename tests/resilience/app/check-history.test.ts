/** The checker finds every kind of anomaly, and none where there is none. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeAnomaly, type AnomalyKind } from './anomaly.ts'
import { checkHistory } from './check-history.ts'
import type { Change, History, Operation, OrderReading, Ordering, ProductReading } from './history.ts'
import { validHistory, type Fate, type Step } from './valid-history.ts'

const anyFate = fc.constantFrom<Fate>('ok', 'ok', 'ok', 'failed', 'unknown', 'late', 'retried')
const anyStep: fc.Arbitrary<Step> = fc.record({
  action: fc.constantFrom('order', 'change', 'read product', 'read order'),
  session: fc.nat(3),
  product: fc.nat(3),
  amount: fc.nat(5),
  fate: anyFate,
})
const anySteps = fc.array(anyStep, { minLength: 20, maxLength: 80 })

const isOk = ({ outcome }: Operation): boolean => outcome === 'ok'
const isOrdering = (one: Operation): one is Ordering => one.kind === 'order'
const isChange = (one: Operation): one is Change => one.kind === 'change'
const isReading = (one: Operation): one is ProductReading => one.kind === 'read product'
const isOrderReading = (one: Operation): one is OrderReading => one.kind === 'read order'

const replaced = (history: History, before: Operation, after: Operation): History => ({
  ...history,
  operations: history.operations.map((one) => (one === before ? after : one)),
})

const stored = (history: History, orders: History['after']['orders']): History => ({
  ...history,
  after: { ...history.after, orders },
})

/** A reading of a session that had a newer version before it, and what that one had. */
const laterReading = ({ operations }: History): [ProductReading, ProductReading] | undefined => {
  const readings = operations.filter(isReading).filter(({ seen }) => seen?.version !== undefined)
  for (const [index, later] of readings.entries()) {
    const isOlder = ({ productId, seen }: ProductReading): boolean =>
      productId === later.productId && (seen?.version ?? 0) < (later.seen?.version ?? 0)
    const earlier = readings.slice(0, index).find(isOlder)
    if (earlier !== undefined) return [earlier, later]
  }
  return undefined
}

const readBy = (session: string, history: History, readings: readonly ProductReading[]): History => {
  const { length } = history.operations
  const own = readings.map((one, next) => ({ ...one, index: length + next, session }))
  return { ...history, operations: [...history.operations, ...own] }
}

/** Each breaks one promise, where the history gives it something to break. */
const breaks: readonly [name: string, kind: AnomalyKind, (history: History) => History | undefined][] = [
  [
    'an acknowledged order that is gone',
    'missing',
    (history) => {
      const lost = history.operations.filter(isOrdering).find(isOk)
      return (
        lost &&
        stored(
          history,
          history.after.orders.filter(({ key }) => key !== lost.key),
        )
      )
    },
  ],
  [
    'an acknowledged change that is gone',
    'missing',
    (history) => {
      const lost = history.operations.filter(isChange).findLast(isOk)
      if (lost === undefined) return undefined
      const products = history.after.products.map((product) =>
        product.id === lost.productId ? { ...product, version: lost.base, text: 'what was before' } : product,
      )
      return { ...history, after: { ...history.after, products } }
    },
  ],
  [
    'a version that was read and is gone',
    'missing',
    (history) => {
      const reading = history.operations.filter(isReading).find(({ seen }) => seen?.version !== undefined)
      return reading && replaced(history, reading, { ...reading, seen: { version: 1000 } })
    },
  ],
  [
    'an order that is there twice',
    'doubled',
    (history) => {
      const [first] = history.after.orders
      return first && stored(history, [...history.after.orders, { ...first, id: 'another' }])
    },
  ],
  [
    'a retry that was answered with another order',
    'doubled',
    (history) => {
      const first = history.operations.filter(isOrdering).find(isOk)
      const index = history.operations.length
      return first && { ...history, operations: [...history.operations, { ...first, index, orderId: 'another' }] }
    },
  ],
  [
    'an order that was said to have failed',
    'not asked for',
    (history) => {
      const failed = history.operations.filter(isOrdering).find(({ outcome }) => outcome === 'failed')
      if (failed === undefined) return undefined
      return stored(history, [...history.after.orders, { id: 'risen', key: failed.key, lines: failed.lines }])
    },
  ],
  [
    'an order of nobody',
    'not asked for',
    (history) => stored(history, [...history.after.orders, { id: 'x', key: 'y', lines: [] }]),
  ],
  [
    'a change that was refused and is read',
    'not asked for',
    (history) => {
      const failed = history.operations.filter(isChange).find(({ outcome }) => outcome === 'failed')
      const reading = history.operations.filter(isReading).find(({ productId }) => productId === failed?.productId)
      return failed && reading && replaced(history, reading, { ...reading, seen: { text: failed.text } })
    },
  ],
  [
    'an order with other lines',
    'wrong content',
    (history) => {
      const [first, ...others] = history.after.orders
      return first && stored(history, [{ ...first, lines: [{ productId: 1, quantity: 99 }] }, ...others])
    },
  ],
  [
    'two acknowledged changes of one version',
    'lost update',
    (history) => {
      const first = history.operations.filter(isChange).find(isOk)
      const index = history.operations.length
      return first && { ...history, operations: [...history.operations, { ...first, index, text: 'another' }] }
    },
  ],
  [
    'a session that reads what is older than what it read',
    'before own read',
    (history) => {
      const pair = laterReading(history)?.toReversed()
      const isOfAnother = ({ productId }: Change): boolean => productId !== pair?.[0]?.productId
      const write = history.operations.filter(isChange).filter(isOk).find(isOfAnother)
      return pair && write && readBy('reader', replaced(history, write, { ...write, session: 'reader' }), pair)
    },
  ],
  [
    'a session that does not see its change',
    'before own write',
    (history) => {
      const change = history.operations.filter(isChange).find(isOk)
      if (change === undefined) return undefined
      const { productId, base: version } = change
      const common = { session: change.session, askedMs: 0, answeredMs: 1, outcome: 'ok' as const, told: '' }
      const reading = { ...common, kind: 'read product' as const, via: 'api' as const, productId, seen: { version } }
      return { ...history, operations: [...history.operations, { ...reading, index: history.operations.length }] }
    },
  ],
  [
    'a session that does not see that it bought',
    'before own write',
    (history) => {
      const ordering = history.operations.filter(isOrdering).find(isOk)
      const { productId = 0 } = ordering?.lines[0] ?? {}
      const common = { session: ordering?.session, askedMs: 0, answeredMs: 1, outcome: 'ok' as const, told: '' }
      const reading = { ...common, kind: 'read product' as const, via: 'api' as const, productId, seen: { version: 1 } }
      return (
        ordering && {
          ...history,
          operations: [...history.operations, { ...reading, index: history.operations.length }],
        }
      )
    },
  ],
  [
    'a session that does not find its order',
    'before own write',
    (history) => {
      const reading = history.operations.find(isOrderReading)
      return reading && replaced(history, reading, { ...reading, isFound: false })
    },
  ],
  [
    'stock that is less than none',
    'negative stock',
    (history) => {
      const reading = history.operations.find(isReading)
      return reading && replaced(history, reading, { ...reading, seen: { ...reading.seen, stock: -1 } })
    },
  ],
  [
    'stock that does not add up',
    'stock does not add up',
    (history) => {
      const products = history.after.products.map((product) => ({ ...product, stock: product.stock - 1 }))
      return { ...history, after: { ...history.after, products } }
    },
  ],
  [
    'a text that nobody wrote',
    'wrong content',
    (history) => {
      const reading = history.operations.find(isReading)
      return reading && replaced(history, reading, { ...reading, seen: { ...reading.seen, text: 'noise' } })
    },
  ],
  [
    'one version with two contents',
    'wrong content',
    (history) => {
      const reading = history.operations.filter(isReading).find(({ seen }) => seen?.stock !== undefined)
      return reading && replaced(history, reading, { ...reading, seen: { ...reading.seen, stock: 77 } })
    },
  ],
  [
    'a failure without a reason',
    'internal error',
    (history) => {
      const [first] = history.operations
      return first && replaced(history, first, { ...first, outcome: 'failed', told: '500 INTERNAL' })
    },
  ],
  [
    'an answer that is something else',
    'wrong content',
    (history) => {
      const common = { index: -1, session: undefined, askedMs: 0, answeredMs: 1, outcome: 'ok' as const, told: '200' }
      return { ...history, operations: [{ ...common, kind: 'garbled', asked: '/', answer: '' }, ...history.operations] }
    },
  ],
]

describe('the checker', () => {
  it('has nothing to say about any history in which all promises are kept', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        expect(checkHistory(validHistory(steps)).map(describeAnomaly)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it.each(breaks)('finds %s, in any history', (_name, kind, damage) => {
    let damaged = 0
    fc.assert(
      fc.property(anySteps, (steps) => {
        const broken = damage(validHistory(steps))
        if (broken === undefined) return
        damaged += 1
        expect(checkHistory(broken).map((anomaly) => anomaly.kind)).toContain(kind)
      }),
    )
    expect(damaged).toBeGreaterThan(20)
  })

  it('binds nobody to what they have read who has not written within a minute', () => {
    const steps: Step[] = [
      { action: 'change', session: 1, product: 2, amount: 0, fate: 'ok' },
      { action: 'change', session: 2, product: 3, amount: 0, fate: 'ok' },
      { action: 'read product', session: 3, product: 2, amount: 1, fate: 'ok' },
      { action: 'read product', session: 3, product: 2, amount: 0, fate: 'ok' },
    ]
    const history = validHistory(steps)
    const [older, newer] = history.operations.filter(isReading)
    if (older === undefined || newer === undefined) throw new Error('no readings')
    const foundFor = (session: string, answeredMs: number) =>
      checkHistory(readBy(session, history, [newer, { ...older, answeredMs }])).map(({ kind }) => kind)
    expect(foundFor('nobody yet', 10)).toEqual([])
    expect(foundFor('session-2', 10)).toEqual(['before own read'])
    expect(foundFor('session-2', 60_001)).toEqual([])
  })

  it('shows what a session had before it read its past, and nothing else', () => {
    const steps: Step[] = [
      { action: 'change', session: 1, product: 2, amount: 0, fate: 'ok' },
      { action: 'change', session: 2, product: 2, amount: 0, fate: 'ok' },
      { action: 'read product', session: 1, product: 2, amount: 0, fate: 'ok' },
      { action: 'read product', session: 3, product: 2, amount: 0, fate: 'ok' },
    ]
    const history = validHistory(steps)
    const reading = history.operations[2] as ProductReading
    const broken = replaced(history, reading, { ...reading, seen: { version: 1 } })
    const [anomaly] = checkHistory(broken)
    expect(anomaly?.shownBy.map(({ index }) => index)).toEqual([0, 2])
    expect(describeAnomaly(anomaly as NonNullable<typeof anomaly>)).toMatchInlineSnapshot(`
      "before own write: session-1 had written version 2 of 3, and then read 1
        #0 0–1 ms session-1: change 3, if at 1, to "text 0": ok, ok
        #2 2–3 ms session-1: read product 3 (api) → {"version":1}: ok, ok"
    `)
  })
})
