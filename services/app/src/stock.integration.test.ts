/** Stock is never oversold, and orders do not lock each other out: against a real Postgres, over two instances. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { order, orderOf, post, startInstances, untilSomebodyWaits, type Instances } from './testing/instances.ts'

let use: Instances

beforeAll(async () => {
  use = await startInstances()
})

afterAll(() => use.close())

test('products are locked in the order of their ids, whatever the order of the lines: no two orders can deadlock', async () => {
  const lower = await use.addProduct('Lower', 10)
  const higher = await use.addProduct('Higher', 10)
  expect(lower.id).toBeLessThan(higher.id)
  const lines = [...orderOf(higher.id).lines, ...orderOf(lower.id).lines]
  const placed = Promise.withResolvers<Response>()
  await use.database.write(async (tx) => {
    await tx.query('select from products where id = $1 for update', [lower.id])
    placed.resolve(post(`${use.direct}/api/orders`, { ...orderOf(lower.id), lines }))
    await untilSomebodyWaits(use.database)
    // The order waits for the lower one; had it the higher one by now, this would fail.
    await tx.query('select from products where id = $1 for update nowait', [higher.id])
  })
  expect((await placed.promise).status).toBe(201)
})

test('200 buyers of 50 pieces, over two instances: 50 orders, and nothing is left', async () => {
  const { id } = await use.addProduct('Fifty Pieces', 50)
  const apps = [use.behindProxy, use.direct]
  /** As a patient client: what may pass is tried again under the same key, with the other instance. */
  const buy = async (buyer: number): Promise<number> => {
    for (let attempt = 0; attempt < 50; attempt++) {
      const { status } = await order(apps[(buyer + attempt) % 2] ?? '', orderOf(id), `buyer-${buyer}`)
      if (status !== 503) return status
    }
    return 503
  }
  const statuses = await Promise.all(Array.from({ length: 200 }, (_, buyer) => buy(buyer)))
  const count = (wanted: number): number => statuses.filter((status) => status === wanted).length
  expect([count(201), count(409)]).toEqual([50, 150])
  expect(await use.countsOf(id)).toEqual({ orders: 50, mails: 50, stock: 0 })
  const page = await (await fetch(`${use.direct}/products/fifty-pieces`)).text()
  expect(page).toContain('sold out')
})
