/** What an operator is told of a pool. */
import type { DiscoveryStatus } from './discovery/member-discovery.ts'
import type { CircuitState } from './failure-rate-breaker.ts'
import type { MemberStatus } from './member-status.ts'

export interface PoolCounters {
  /** Requests that were given to a member, retries and hedges not counted. */
  requests: number
  retries: number
  hedges: number
  /** Retries and hedges that the budget or the bound on those in flight did not allow. */
  retriesRefused: number
  /** Requests for which there was no member. */
  withoutMember: number
  /** Requests refused because a member had all it may be given, or the circuit was open. */
  overflows: number
}

export interface PoolStatus {
  readonly name: string
  readonly members: readonly MemberStatus[]
  /** Whether too few members are healthy to leave the others out; with none healthy, those that do not answer still are. */
  readonly isPanic: boolean
  readonly circuit: CircuitState
  readonly inFlight: number
  /** Retries and hedges that the budget allows now. */
  readonly retryBudget: number
  /** Estimated time by which the given percentage of answers has begun. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number }
  /** When members were last found by name, and what went wrong since. */
  readonly discovery?: DiscoveryStatus
  readonly counters: Readonly<PoolCounters>
}

export const newPoolCounters = (): PoolCounters => ({
  requests: 0,
  retries: 0,
  hedges: 0,
  retriesRefused: 0,
  withoutMember: 0,
  overflows: 0,
})
