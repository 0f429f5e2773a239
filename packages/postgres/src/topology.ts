/** Who is the primary, which replicas may be read from, who is fenced: decided from what the servers say of themselves. */
import { PrimaryHistory, type Lag } from './lag.ts'
import type { Lsn } from './lsn.ts'
import type { Sample } from './sample.ts'

/** `fenced`: takes writes, but on a timeline that another primary has left behind; it gets neither reads nor writes. */
export type Role = 'unknown' | 'primary' | 'replica' | 'fenced' | 'unreachable'

export interface TopologyOptions {
  /** A replica further behind gets no reads; default 64 MiB. */
  readonly maxLagBytes?: number
  /** Default 10 s. */
  readonly maxLagMs?: number
  /** How long a replica that returns takes to its full share; default 10 s. */
  readonly rampMs?: number
  /** Milliseconds, monotonic. */
  readonly clock: () => number
}

/** What is known of one server. */
export interface Standing {
  readonly role: Role
  /** Replayed at least up to here; undefined when it may have restarted since. */
  readonly position: Lsn | undefined
  readonly lag: Lag
  readonly isTooFarBehind: boolean
  /** When it came back into service, or -Infinity. */
  readonly returnedAtMs: number
}

const noLag: Lag = { bytes: 0, ms: 0 }
const smallestShare = 0.1

const atFirst: Standing = {
  role: 'unknown',
  position: undefined,
  lag: noLag,
  isTooFarBehind: false,
  returnedAtMs: -Infinity,
}

export class Topology<Node> {
  readonly #standings: Map<Node, Standing>
  readonly #history = new PrimaryHistory()
  readonly #options: Required<TopologyOptions>
  #timeline = 0

  constructor(nodes: readonly Node[], options: TopologyOptions) {
    this.#standings = new Map(nodes.map((node) => [node, atFirst]))
    this.#options = { maxLagBytes: 64 * 1024 * 1024, maxLagMs: 10_000, rampMs: 10_000, ...options }
  }

  /** The highest that any primary has shown: whoever is below it is fenced. */
  get timeline(): number {
    return this.#timeline
  }

  get primary(): Node | undefined {
    return this.#nodes(({ role }) => role === 'primary')[0]
  }

  /** In service: following, and near enough. */
  get replicas(): Node[] {
    return this.#nodes(({ role, isTooFarBehind }) => role === 'replica' && !isTooFarBehind)
  }

  /** Read from only when there is neither another replica nor a primary: old answers are better than none. */
  get farBehind(): Node[] {
    return this.#nodes(({ role, isTooFarBehind }) => role === 'replica' && isTooFarBehind)
  }

  standingOf(node: Node): Standing {
    return this.#standings.get(node) ?? atFirst
  }

  /** Share of the reads that a replica should get: 1, or less for some time after its return. */
  shareOf(node: Node): number {
    const { clock, rampMs } = this.#options
    const sinceMs = clock() - this.standingOf(node).returnedAtMs
    return rampMs === 0 ? 1 : Math.min(1, Math.max(smallestShare, sinceMs / rampMs))
  }

  /** @returns the standing before and after */
  observe(node: Node, sample: Sample): { before: Standing; after: Standing } {
    return this.#set(node, sample.isReplica ? this.#asReplica(node, sample) : this.#asWritable(node, sample))
  }

  /** It does not answer, or broke a connection: what it had replayed is not known any more, as it may have restarted. */
  lost(node: Node): { before: Standing; after: Standing } {
    return this.#set(node, { ...this.standingOf(node), role: 'unreachable', position: undefined })
  }

  #nodes(are: (standing: Standing) => boolean): Node[] {
    return [...this.#standings].filter(([, standing]) => are(standing)).map(([node]) => node)
  }

  #set(node: Node, after: Standing): { before: Standing; after: Standing } {
    const before = this.standingOf(node)
    this.#standings.set(node, after)
    return { before, after }
  }

  #asReplica(node: Node, { position }: Sample): Standing {
    const before = this.standingOf(node)
    const nowMs = this.#options.clock()
    // Nobody but the primary can say what is missing. While it is away nobody gets any closer either.
    const lag = this.primary === undefined ? before.lag : this.#history.lagOf(position, nowMs)
    const isTooFarBehind = this.#isTooFar(lag, before.isTooFarBehind)
    const isBack = !isTooFarBehind && (before.role === 'unreachable' || before.isTooFarBehind)
    return { role: 'replica', position, lag, isTooFarBehind, returnedAtMs: isBack ? nowMs : before.returnedAtMs }
  }

  /** Out at the limit, in again at half of it: a replica on the edge would change every quarter of a second. */
  #isTooFar({ bytes, ms }: Lag, isOut: boolean): boolean {
    const { maxLagBytes, maxLagMs } = this.#options
    const limit = isOut ? 0.5 : 1
    return bytes > maxLagBytes * limit || ms > maxLagMs * limit
  }

  #asWritable(node: Node, { timeline, position }: Sample): Standing {
    const { primary } = this
    const isNewer = timeline > this.#timeline
    // Two on one timeline: the one that is written to already stays.
    const mayTakeOver = isNewer || (timeline === this.#timeline && primary === undefined)
    if (primary !== node && !mayTakeOver) return { ...atFirst, role: 'fenced' }
    if (primary === node && timeline < this.#timeline) return { ...atFirst, role: 'fenced' }
    if (primary !== undefined && primary !== node) this.#set(primary, { ...atFirst, role: 'fenced' })
    if (isNewer) this.#history.forget()
    this.#timeline = timeline
    this.#history.add(position, this.#options.clock())
    return { ...atFirst, role: 'primary', position }
  }
}
