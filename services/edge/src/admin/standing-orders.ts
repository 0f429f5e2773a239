/** What operators have done to members, for workers that come later: one that is drained stays so when workers are replaced. */
import { isDeepStrictEqual } from 'node:util'
import type { WorkerBus } from '@roundtrip/worker-group'
import type { EdgeFile } from '../settings/edge-file.ts'
import { memberTopic, type MemberOrder } from './topics.ts'

/** Orders of one aspect replace each other. */
const aspects = { drain: 'work', restore: 'work', weight: 'weight', add: 'membership', remove: 'membership' } as const

const nameOf = (member: string): string => (member.includes('://') ? new URL(member).host : member)

export class StandingOrders {
  readonly #orders = new Map<string, MemberOrder>()

  note(order: MemberOrder): void {
    const keyOf = (aspect: string): string => JSON.stringify([order.pool, nameOf(order.member), aspect])
    const key = keyOf(aspects[order.order])
    // In the order in which they were given: a member is added before it is drained.
    this.#orders.delete(key)
    if (order.order === 'add' || order.order === 'remove')
      for (const aspect of ['work', 'weight']) this.#orders.delete(keyOf(aspect))
    if (order.order !== 'restore') this.#orders.set(key, order)
  }

  /** Weights in new settings stand over those that were set by hand before. */
  settingsChanged(before: EdgeFile, after: EdgeFile): void {
    for (const [key, { pool, order }] of this.#orders) {
      const isSame = isDeepStrictEqual(before.pools[pool]?.members, after.pools[pool]?.members)
      if (after.pools[pool] === undefined || (order === 'weight' && !isSame)) this.#orders.delete(key)
    }
  }

  get all(): readonly MemberOrder[] {
    return [...this.#orders.values()]
  }

  /** For workers that have started; for all others they change nothing. */
  tell(bus: WorkerBus): void {
    for (const order of this.#orders.values()) bus.publish(memberTopic, order)
  }
}
