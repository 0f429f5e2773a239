/** Writes: one transaction on whoever is the primary now, again from its start when others made the server roll it back. */
import { RoundtripError } from '@roundtrip/errors'
import { isNodeGone, isNotPrimary, isRolledBackByConflict, isStalePlan, NotPrimaryError } from './failure.ts'
import type { Monitor, Wait } from './monitor.ts'
import type { DatabaseNode } from './node.ts'
import type { Queryable } from './queryable.ts'
import type { StatementNames } from './statement-names.ts'
import type { Topology } from './topology.ts'
import { inTransaction, type Committed } from './transaction.ts'
import { busy, explained, unavailable } from './unavailable.ts'
import type { Budget, Isolation } from './work-options.ts'

export interface WriterOptions {
  readonly topology: Topology<DatabaseNode>
  readonly monitor: Monitor
  readonly names: StatementNames
  readonly writeTimeoutMs: number
  readonly behindPooler: boolean
  readonly random: () => number
  readonly pause: Wait
  readonly closing: AbortSignal
}

export interface Written<T> extends Committed<T> {
  readonly node: string
}

export type Writer = <T>(
  work: (transaction: Queryable, node: string) => Promise<T>,
  budget: Budget,
  isolation: Isolation | undefined,
) => Promise<Written<T>>

const maxAttempts = 10
const firstPauseMs = 2
const longestPauseMs = 200

/** Doubles from two milliseconds, less up to half at random: those who met are not to meet again. */
export const pauseMs = (attempt: number, random: () => number): number =>
  Math.min(firstPauseMs * 2 ** (attempt - 1), longestPauseMs) * (1 - random() / 2)

export const createWriter = (options: WriterOptions): Writer => {
  const { topology, monitor, names, random, pause, closing } = options

  const once = async <T>(
    work: (transaction: Queryable, node: string) => Promise<T>,
    budget: Budget,
    isolation: Isolation | undefined,
  ): Promise<Written<T>> => {
    const { primary: node } = topology
    // Nobody waits for a promotion: a thousand requests that do would take the application down with the primary.
    if (node === undefined) throw unavailable()
    const mayCommit = (): void => {
      const { role } = topology.standingOf(node)
      if (role === 'fenced' || role === 'replica') throw new NotPrimaryError()
    }
    try {
      const committed = await node.writes.use(budget, (lent) =>
        inTransaction(lent, { ...options, budget, isolation, timeline: topology.timeline, mayCommit }, (queryable) =>
          work(queryable, node.name),
        ),
      )
      return { ...committed, node: node.name }
    } catch (error) {
      if (isNodeGone(error) || isNotPrimary(error)) monitor.suspect(node, error)
      throw isNotPrimary(error) ? unavailable(error) : error
    }
  }

  return async (work, budget, isolation) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(work, budget, isolation)
      } catch (error) {
        if (!isRolledBackByConflict(error) && !isStalePlan(error)) throw explained(error)
        if (attempt === maxAttempts) throw busy(error)
        if (isStalePlan(error)) names.renew()
        const delayMs = pauseMs(attempt, random)
        if (budget.remainingMs <= delayMs) throw new RoundtripError('DEADLINE_EXCEEDED', undefined, { cause: error })
        await pause(delayMs, closing)
        budget.throwIfSpent()
      }
    }
  }
}
