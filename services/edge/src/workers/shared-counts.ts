/** Rate limits of an edge of several workers: each counts by itself, and the parent knows what they come to together. */
import type { Settle, Spending } from '@roundtrip/rate-limit'
// Not by the package: a parent has no use for a client of Redis.
import { Ledger } from '@roundtrip/rate-limit/ledger'
import { topic, type Topic, type WorkerBus } from '@roundtrip/worker-group'

const spendingTopic: Topic<Spending, number[]> = topic('rate-limit.spending')

/** In the parent, so that counts outlive workers. @param maxKeys most counts kept */
export const keepLedger = (bus: WorkerBus, maxKeys: number): void => {
  const ledger = new Ledger({ maxKeys })
  bus.subscribe(spendingTopic, (spending) => ledger.enter(spending))
}

/** In a worker. */
export const settleWithParent =
  (bus: WorkerBus): Settle =>
  async (spending) => {
    const [owedMs] = await bus.request(spendingTopic, spending, { whom: 'parent' })
    return owedMs
  }
