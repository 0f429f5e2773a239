/** Reads: on a replica that is new enough, else on the primary, each with a budget of connections of its own. */
import { untilSpent } from './cancel.ts'
import type { Lent } from './connection-pool.ts'
import { sessionOf, type Consistency } from './consistency.ts'
import { isBehind, isNodeBusy, isNodeGone, isStalePlan } from './failure.ts'
import type { Lsn } from './lsn.ts'
import type { Monitor, Wait } from './monitor.ts'
import type { DatabaseNode } from './node.ts'
import { lsnOf, seenPosition, startOf, type Position } from './position.ts'
import { queryableOver, type Queryable } from './queryable.ts'
import { byLoad } from './selection.ts'
import type { StatementNames } from './statement-names.ts'
import type { Topology } from './topology.ts'
import { localSettings } from './transaction.ts'
import { explained, unavailable } from './unavailable.ts'
import type { Budget } from './work-options.ts'

/** A result, and the node that gave it: `primary` or `replica-1`, `replica-2`, … */
export interface Served<T> {
  readonly value: T
  readonly node: string
  /** All that was seen stands in the log before here. Only when it was asked for, and not within a write. */
  readonly seen?: Position | undefined
}

export interface ReaderOptions {
  readonly topology: Topology<DatabaseNode>
  readonly monitor: Monitor
  readonly names: StatementNames
  readonly readTimeoutMs: number
  readonly behindPooler: boolean
  /** Longest wait for a replica to replay what a session has written. */
  readonly sessionWaitMs: number
  readonly clock: () => number
  readonly pause: Wait
  readonly closing: AbortSignal
}

export type Reader = <T>(
  consistency: Consistency,
  work: (queryable: Queryable) => Promise<T>,
  budget: Budget,
  tellsPosition?: boolean,
) => Promise<Served<T>>

/** Between two questions to a replica whether it has got there; replay takes well under a millisecond on a quiet one. */
const pollMs = 2

export const createReader = (options: ReaderOptions): Reader => {
  const { topology, monitor, names } = options
  let turn = 0

  const byLoadInTurn = (nodes: readonly DatabaseNode[]): DatabaseNode[] =>
    byLoad(nodes, turn++, (node) => ({ atWork: node.reads.inUse + node.reads.waiting, share: topology.shareOf(node) }))

  const has = (node: DatabaseNode, session: Position): boolean =>
    (topology.standingOf(node).position ?? '') >= lsnOf(session)

  /** Undefined when none has got to the position of the session, as far as is known. */
  const newEnough = (consistency: Consistency): DatabaseNode[] | undefined => {
    if (consistency === 'strong') return []
    const session = sessionOf(consistency)
    if (session === undefined) return topology.replicas
    const caughtUp = topology.replicas.filter((node) => has(node, session))
    return caughtUp.length === 0 ? undefined : caughtUp
  }

  const candidates = (consistency: Consistency): DatabaseNode[] => {
    const primary = topology.primary === undefined ? [] : [topology.primary]
    const isAnyGoodEnough = consistency !== 'strong' && sessionOf(consistency) === undefined
    return [...byLoadInTurn(newEnough(consistency) ?? []), ...primary, ...(isAnyGoodEnough ? topology.farBehind : [])]
  }

  const readOn = async <T>(
    node: DatabaseNode,
    work: (queryable: Queryable) => Promise<T>,
    budget: Budget,
  ): Promise<T> => {
    const once = (): Promise<T> => node.reads.use(budget, (lent) => readWith(lent, work, budget, options))
    try {
      return await once()
    } catch (error) {
      if (!isStalePlan(error)) throw error
      names.renew()
      return once()
    }
  }

  return async (consistency, work, budget, tellsPosition) => {
    const asked = sessionOf(consistency) ?? startOf(topology.timeline)
    const telling = tellsPosition === true ? thenTell(work, asked) : silently(work)
    if (newEnough(consistency) === undefined) await someReplays(lsnOf(sessionOf(consistency) ?? ''), budget, options)
    let lastError: unknown
    // Nothing is awaited from here to the place in the pool: of many reads at once each counts the ones before.
    for (const node of candidates(consistency)) {
      try {
        return { ...(await readOn(node, telling, budget)), node: node.name }
      } catch (error) {
        if (isNodeGone(error)) monitor.suspect(node, error)
        else if (node === topology.primary || !(isNodeBusy(error) || isBehind(error))) throw explained(error)
        lastError = error
      }
    }
    throw lastError === undefined ? unavailable() : explained(lastError)
  }
}

type Telling<T> = (queryable: Queryable) => Promise<Pick<Served<T>, 'value' | 'seen'>>

const silently =
  <T>(work: (queryable: Queryable) => Promise<T>): Telling<T> =>
  async (queryable) => ({ value: await work(queryable) })

const thenTell =
  <T>(work: (queryable: Queryable) => Promise<T>, asked: Position): Telling<T> =>
  async (queryable) => ({ value: await work(queryable), seen: await seenPosition(queryable, asked) })

/**
 * Waits, within bounds, until some replica has got to the position. One that the monitor knows to be further behind than
 * the bound is not waited for: with all of them late every read would wait for nothing.
 */
const someReplays = async (
  session: Lsn,
  budget: Budget,
  { topology, monitor, sessionWaitMs, clock, pause, closing }: ReaderOptions,
): Promise<void> => {
  const positionOf = (node: DatabaseNode): Lsn => topology.standingOf(node).position ?? ''
  const [nearest] = topology.replicas
    .filter((node) => topology.standingOf(node).lag.ms <= sessionWaitMs)
    .toSorted((a, b) => (positionOf(a) < positionOf(b) ? 1 : -1))
  if (nearest === undefined) return
  const endMs = clock() + Math.min(sessionWaitMs, budget.remainingMs)
  while ((await monitor.check(nearest)) && positionOf(nearest) < session && clock() + pollMs < endMs) {
    await pause(pollMs, closing)
    budget.throwIfSpent()
  }
}

const readWith = <T>(
  { client, discard }: Lent,
  work: (queryable: Queryable) => Promise<T>,
  budget: Budget,
  { names, behindPooler, readTimeoutMs }: ReaderOptions,
): Promise<T> =>
  untilSpent(client, budget, discard, async () => {
    const queryable = queryableOver(client, names)
    try {
      // Without settings of the session it takes a transaction to be read-only and limited in time.
      if (behindPooler) await client.query(['begin read only', ...localSettings(readTimeoutMs)].join('; '))
      const value = await work(queryable)
      if (behindPooler) await client.query('commit')
      return value
    } catch (error) {
      if (behindPooler) await client.query('rollback').catch(discard)
      throw error
    } finally {
      queryable.end()
    }
  })
