/** A purge that an operator asks for: every worker carries it out, and one of them tells the other edges. */
import { randomUUID } from 'node:crypto'
import type { PurgeCommand } from '@roundtrip/http-cache'
import type { WorkerBus } from '@roundtrip/worker-group'
import { purgeTopic, shareTopic } from './topics.ts'

export interface PurgeOutcome {
  /** Stored responses that were meant, in all workers. */
  readonly purged: number
  readonly workers: number
  /** Whether the edges that share a Redis with this one hear of it now, when it is back, or whether there are none. */
  readonly others: 'told' | 'later' | 'none'
}

export const purgeEverywhere = (bus: WorkerBus): ((command: PurgeCommand) => Promise<PurgeOutcome>) => {
  const from = randomUUID()
  let lastSequence = 0
  return async (command) => {
    const sequence = ++lastSequence
    const purged = await bus.request(purgeTopic, { from, sequence, command })
    const teller = purged.find(({ relay }) => relay !== undefined)
    const outcome = { purged: purged.reduce((sum, { count }) => sum + count, 0), workers: purged.length }
    if (teller?.relay === undefined) return { ...outcome, others: 'none' }
    const note = { from, sequence, command: teller.command }
    const told = await bus.request(shareTopic, { relay: teller.relay, note }, { timeoutMs: 500 })
    return { ...outcome, others: told.includes(true) ? 'told' : 'later' }
  }
}
