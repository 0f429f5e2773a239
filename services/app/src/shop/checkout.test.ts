/** Looking for an order right after it was placed, when the replica does not know of it yet. */
import type { Order } from '@roundtrip/contracts'
import type { Consistency, Database } from '@roundtrip/postgres'
import { expect, test } from 'vitest'
import { newVisit } from '../testing/visit.ts'
import type { Catalogue } from './catalogue.ts'
import { createCheckout } from './checkout.ts'

const id = '0e0f9d7c-9a55-4c39-8f0e-6f6d3f2a1b4c'

/** A database whose replica has nothing, and whose primary has `order`. */
const laggingDatabase = (order: Order | undefined, asked: string[]): Database =>
  ({
    read: async (consistency: Consistency) => {
      const latest = consistency === 'strong'
      asked.push(latest ? 'primary' : 'replica-1')
      return latest ? { value: order, node: 'primary' } : { value: undefined, node: 'replica-1' }
    },
  }) as unknown as Database

const anybody = { id: undefined, isStaff: false }

const checkoutOn = (database: Database) => createCheckout({ database, catalogue: {} as Catalogue, mailWaits: () => {} })

test('an order that the replica does not have is looked for on the primary', async () => {
  const asked: string[] = []
  const order = { id } as Order
  const visit = newVisit()
  expect(await checkoutOn(laggingDatabase(order, asked)).find(id, anybody, visit)).toBe(order)
  expect(asked).toEqual(['replica-1', 'primary'])
  expect(visit.timings.metrics.map(({ description }) => description)).toEqual(asked)
})

test('an order that nobody has is not found', async () => {
  const find = checkoutOn(laggingDatabase(undefined, [])).find(id, anybody, newVisit())
  await expect(find).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
