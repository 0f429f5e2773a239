/** What can be asked of the Postgres servers of a stack as one: who is what, and a failover. */
import type { InstanceState } from './stack.ts'

/** What one of the Postgres servers is. */
export type DatabaseRole = 'primary' | 'replica'

export interface DatabaseNode {
  readonly name: string
  /** As the stack has it. Names of instances say what a server once began as. */
  readonly role: DatabaseRole
  readonly state: InstanceState
  /** `127.0.0.1:15432`. */
  readonly address: string
  /** The rest is undefined when the server does not answer. Raised by each promotion. */
  readonly timeline: number | undefined
  /** Flushed on the primary, replayed on a replica: an LSN such as `0/3000148`. */
  readonly position: string | undefined
  /** Of the log of the primary: what a replica has not received, and what it has not replayed. */
  readonly missingBytes: number | undefined
  readonly lagBytes: number | undefined
  /** Age of the last commit that a replica has replayed, 0 when it has all that it was sent. */
  readonly lagMs: number | undefined
  /** Whether a replica is connected to its primary. */
  readonly isStreaming: boolean | undefined
}

export interface DatabaseStatus {
  readonly primary: string
  readonly isFailingOver: boolean
  readonly nodes: readonly DatabaseNode[]
}

export interface FailoverOptions {
  /** Name of the replica to promote. Default: the one that has most of the log. */
  readonly to?: string | undefined
  /** Go on also when changes that were acknowledged may be lost, as nothing is left to read them from. Default: false. */
  readonly acceptLoss?: boolean | undefined
}

export interface FailoverStep {
  /** Since the failover began. */
  readonly atMs: number
  readonly what: string
}

export interface FailoverReport {
  readonly from: string
  readonly to: string
  /** How the former primary ended: in order, killed since it did not, or before anybody asked it to. */
  readonly former: 'shut-down' | 'killed' | 'dead-before'
  /** Whether the new primary has every change that the former one acknowledged; `unknown` only with `acceptLoss`. */
  readonly lost: 'nothing' | 'unknown'
  /** The new one; where it began. */
  readonly timeline: number
  readonly position: string
  readonly steps: readonly FailoverStep[]
  /** From the order to promote to the first good write: of an instance of the app where one runs. */
  readonly writableAfterMs: number
  /** From the stop of the former primary to that write: how long nobody could write. */
  readonly writesStoppedMs: number
  readonly totalMs: number
  /** What is left to do by hand, as sentences. */
  readonly warnings: readonly string[]
}

/** The Postgres servers of a stack as one. */
export interface DatabaseControl {
  status(): Promise<DatabaseStatus>
  /**
   * Makes a replica the primary and the former primary a replica. Resolves when the app takes writes again and the former
   * primary follows.
   *
   * @throws RoundtripError `FAILOVER_REFUSED`: nothing has changed; `FAILOVER_IN_PROGRESS`; `FAILOVER_FAILED`
   */
  failover(options?: FailoverOptions): Promise<FailoverReport>
}
