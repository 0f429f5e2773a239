/** A pool of next hops behind one terminal handler: selection, health checks, forwarding, drain. */
import type { LookupFunction } from 'node:net'
import type { HttpHandler, Log } from '@roundtrip/http'
import { forward } from './forward.ts'
import { httpCheck, scheduleTimer, startHealthChecks, type HealthCheckOptions, type Schedule } from './health-check.ts'
import type { CheckResult } from './health-state.ts'
import { Member, type MemberStatus, type Timeouts } from './member.ts'
import { nameLookup } from './name-lookup.ts'
import { roundRobin } from './selection/round-robin.ts'

export interface UpstreamOptions extends Timeouts {
  /** Names the pool in logs and errors, e.g. `web`. */
  readonly name: string
  /** Origins, e.g. `http://10.0.0.1:8080`. */
  readonly members: readonly string[]
  readonly selection?: 'round-robin'
  readonly healthCheck: HealthCheckOptions
  /** Connections kept to each member at most; requests beyond wait for one. 256 by default. */
  readonly maxConnectionsPerMember?: number
  /** How members' names become addresses; `nameLookup()` by default. */
  readonly lookup?: LookupFunction
  readonly log: Log
  /** Milliseconds since the epoch; `Date.now` by default. */
  readonly clock?: () => number
  readonly random?: () => number
  readonly schedule?: Schedule
}

export interface Upstream {
  /** Terminal: sends the request to a member and streams its response back. */
  readonly forward: HttpHandler
  readonly members: () => MemberStatus[]
  /** Begins the health checks, the first at once. */
  readonly start: () => void
  /** Ends the health checks. */
  readonly stop: () => void
  /** Ends the health checks and resolves when every exchange has ended. No request may be forwarded any more. */
  readonly drain: () => Promise<void>
  /** Breaks off what is left. */
  readonly close: () => Promise<void>
}

const selections = { 'round-robin': roundRobin }

export const createUpstream = (options: UpstreamOptions): Upstream => {
  const { name, selection = 'round-robin', connectTimeoutMs, firstByteTimeoutMs, bodyTimeoutMs } = options
  // One for connections and health checks of all members: what one has asked, no other asks again.
  const lookup = options.lookup ?? nameLookup()
  const members = options.members.map(
    (origin) =>
      new Member({
        origin,
        connectTimeoutMs,
        firstByteTimeoutMs,
        bodyTimeoutMs,
        maxConnections: options.maxConnectionsPerMember ?? 256,
        thresholds: options.healthCheck,
        lookup,
        clock: options.clock ?? Date.now,
      }),
  )
  // A connection that is waited for may first have to be made.
  const queueTimeoutMs = connectTimeoutMs + firstByteTimeoutMs
  let stops: (() => void)[] = []
  const stop = (): void => {
    for (const stopOne of stops) stopOne()
    stops = []
  }
  return {
    forward: forward({ name, members, select: selections[selection](), queueTimeoutMs }),
    members: () => members.map(({ status }) => status),
    start: () => {
      stop()
      stops = members.map((member) => watch(member, lookup, options))
    },
    stop,
    drain: async () => {
      stop()
      await Promise.all(members.map(async ({ pool }) => (pool.closed || pool.destroyed ? undefined : pool.close())))
    },
    close: async () => {
      stop()
      await Promise.all(members.map(({ pool }) => pool.destroy()))
    },
  }
}

const watch = (
  member: Member,
  lookup: LookupFunction,
  { name, healthCheck, log, schedule, random }: UpstreamOptions,
): (() => void) =>
  startHealthChecks({
    check: httpCheck(member.origin, healthCheck, lookup),
    onResult: (result) => note(member, result, name, log),
    intervalMs: healthCheck.intervalMs,
    schedule: schedule ?? scheduleTimer,
    random: random ?? Math.random,
  })

/** Each change of state is logged once, however long it lasts. */
const note = (member: Member, result: CheckResult, upstream: string, log: Log): void => {
  if (!member.health.record(result)) return
  const { state, reason } = member.health
  const facts = { upstream, member: member.name, reason }
  if (state === 'healthy') log.info(facts, `${member.name} is healthy`)
  else log.warn(facts, `${member.name} is unhealthy`)
}
