/** Reads to a replica that is new enough, writes to whoever is the primary: the one door to the database. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Consistency } from './consistency.ts'
import type { DatabaseOptions } from './database-options.ts'
import type { Lsn } from './lsn.ts'
import { Monitor, type Wait } from './monitor.ts'
import { DatabaseNode, type NodeOptions } from './node.ts'
import { TransactionContext } from './open-transaction.ts'
import type { Queryable } from './queryable.ts'
import { createReader, type Served } from './reads.ts'
import { StatementNames } from './statement-names.ts'
import { Topology, type Role } from './topology.ts'
import { Budget, type WorkOptions } from './work-options.ts'
import { createWriter, type Written } from './writes.ts'

export interface NodeStats {
  readonly role: Role
  /** Connections at work, and units of work that wait for one. */
  readonly reads: { readonly inUse: number; readonly waiting: number }
  readonly writes: { readonly inUse: number; readonly waiting: number }
  /** Replayed (on a replica) or flushed (on the primary) when last asked. */
  readonly position: Lsn | undefined
  readonly lagBytes: number
  readonly lagMs: number
  /** Of the reads, from 0.1 up to 1: less than 1 for some time after a return. */
  readonly share: number
}

export interface DatabaseHealth {
  /** At least one node can answer reads. */
  readonly reachable: boolean
  /** By node: `ok`, `promoted` (a replica that has become the primary), `lagging`, `fenced`, `ejected` or `unreachable`. */
  readonly nodes: Readonly<Record<string, string>>
  /** Of each replica that follows. */
  readonly lag: Readonly<Record<string, { readonly bytes: number; readonly ms: number }>>
  /** Who takes writes now. */
  readonly primary: string | undefined
}

export interface Database {
  /**
   * Runs reads on the least loaded replica that is new enough, and on the primary when none is. `work` may run more than
   * once. Within a `write` of the same async context it runs in that transaction, and sees what it has written.
   * @throws RoundtripError `DATABASE_UNAVAILABLE` when no node answers, `DATABASE_BUSY` when all connections stay at work
   * @throws RoundtripError `DEADLINE_EXCEEDED`; when called off, the reason of the signal
   */
  read<T>(
    consistency: Consistency,
    work: (queryable: Queryable) => Promise<T>,
    options?: WorkOptions,
  ): Promise<Served<T>>
  /**
   * Runs `work` in one transaction on the primary; again from its start, when the server rolled it back because of
   * another transaction, so it must have no effects of its own.
   * @throws RoundtripError `DATABASE_UNAVAILABLE` or `DATABASE_BUSY` when it certainly did not happen,
   *   `WRITE_OUTCOME_UNKNOWN` when it may have
   * @throws RoundtripError `DEADLINE_EXCEEDED`; when called off, the reason of the signal; it did not happen then
   */
  write<T>(work: (transaction: Queryable) => Promise<T>, options?: WorkOptions): Promise<Written<T>>
  /** Asks every node. */
  health(): Promise<DatabaseHealth>
  /** What is known without asking, by node. */
  stats(): Readonly<Record<string, NodeStats>>
  close(): Promise<void>
}

/** Connects to nobody yet: the first read, write or question about health does. */
export const createDatabase = (options: DatabaseOptions): Database => {
  const { clock = () => performance.now(), random = Math.random, log, wait, monitorIntervalMs = 250 } = options
  const nodes = nodesOf(options, (node, error) => monitor.connectionLost(node, error))
  const topology = new Topology<DatabaseNode>(nodes, { ...options, clock })
  const monitor = new Monitor({ nodes, topology, intervalMs: monitorIntervalMs, log, random, wait })
  const closing = new AbortController()
  const shared = { ...limitsOf(options), topology, monitor, names: namesFor(options), pause, closing: closing.signal }
  const read = createReader({ ...shared, clock })
  const write = createWriter({ ...shared, random })
  const context = new TransactionContext()

  return {
    read: async (consistency, work, workOptions = {}) => {
      const transaction = context.current
      if (transaction !== undefined) return { value: await work(transaction.queryable), node: transaction.node }
      const budget = new Budget(workOptions, clock)
      budget.throwIfSpent()
      await monitor.ready()
      return read(consistency, work, budget, workOptions.tellsPosition)
    },
    write: async (work, workOptions = {}) => {
      const budget = new Budget(workOptions, clock)
      budget.throwIfSpent()
      await monitor.ready()
      const pinned = (queryable: Queryable, node: string) => context.run({ queryable, node }, () => work(queryable))
      return write(pinned, budget, workOptions.isolation)
    },
    health: async () => {
      await monitor.checkAll()
      return healthOf(nodes, topology)
    },
    stats: () => Object.fromEntries(nodes.map((node) => [node.name, statsOf(node, topology)])),
    close: async () => {
      closing.abort()
      monitor.close()
      await Promise.all(nodes.map((node) => node.close()))
    },
  }
}

const pause: Wait = (delayMs, signal) => sleep(delayMs, undefined, { signal })

/** Per connection; more than any application of a size to be understood has. */
const maxPreparedStatements = 250

const namesFor = ({ behindPooler = false, preparedStatements = !behindPooler }: DatabaseOptions): StatementNames =>
  new StatementNames(preparedStatements ? maxPreparedStatements : 0)

const limitsOf = ({
  readTimeoutMs = 2_000,
  writeTimeoutMs = 5_000,
  sessionWaitMs = 50,
  behindPooler = false,
}: DatabaseOptions) => ({ readTimeoutMs, writeTimeoutMs, sessionWaitMs, behindPooler })

const nodesOf = (
  options: DatabaseOptions,
  onLost: (node: DatabaseNode, error: Error) => void,
): readonly DatabaseNode[] => {
  const urls = [options.primaryUrl, ...(options.replicaUrls ?? [])]
  return urls.map((url, index) => {
    const node: DatabaseNode = new DatabaseNode({
      ...nodeOptionsOf(options),
      name: index === 0 ? 'primary' : `replica-${index}`,
      url,
      onLost: (error) => onLost(node, error),
    })
    return node
  })
}

const nodeOptionsOf = (options: DatabaseOptions): Omit<NodeOptions, 'name' | 'url' | 'onLost'> => ({
  ...limitsOf(options),
  password: options.password,
  applicationName: options.applicationName ?? 'roundtrip',
  poolMax: options.poolMax ?? 8,
  poolWaitMs: options.poolWaitMs ?? 500,
  poolMaxWaiting: options.poolMaxWaiting ?? 1_000,
  connectTimeoutMs: options.connectTimeoutMs ?? 1_000,
  probeTimeoutMs: options.probeTimeoutMs ?? 300,
  log: options.log,
})

const healthOf = (nodes: readonly DatabaseNode[], topology: Topology<DatabaseNode>): DatabaseHealth => {
  const replicas = nodes.filter((node) => topology.standingOf(node).role === 'replica')
  return {
    reachable: topology.primary !== undefined || replicas.length > 0,
    nodes: Object.fromEntries(nodes.map((node, index) => [node.name, stateOf(node, index === 0, topology)])),
    lag: Object.fromEntries(replicas.map((node) => [node.name, topology.standingOf(node).lag])),
    primary: topology.primary?.name,
  }
}

const stateOf = (node: DatabaseNode, isFirst: boolean, topology: Topology<DatabaseNode>): string => {
  const { role, isTooFarBehind } = topology.standingOf(node)
  if (role === 'primary') return isFirst ? 'ok' : 'promoted'
  if (role === 'replica') return isTooFarBehind ? 'lagging' : 'ok'
  if (role === 'fenced') return 'fenced'
  return isFirst ? 'unreachable' : 'ejected'
}

const statsOf = (node: DatabaseNode, topology: Topology<DatabaseNode>): NodeStats => {
  const { role, position, lag } = topology.standingOf(node)
  return {
    role,
    reads: { inUse: node.reads.inUse, waiting: node.reads.waiting },
    writes: { inUse: node.writes.inUse, waiting: node.writes.waiting },
    position,
    lagBytes: lag.bytes,
    lagMs: lag.ms,
    share: topology.shareOf(node),
  }
}
