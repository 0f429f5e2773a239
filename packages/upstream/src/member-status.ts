/** What an operator is told of a member: whether it is given work, if not why, since when and until when. */
import type { TransportStats } from './client/transport.ts'
import type { Member } from './member.ts'
import type { MemberCounters } from './member-counters.ts'

/** `ejected` by outlier detection, `unhealthy` by its health check, `draining` because somebody said so. */
export type MemberState = 'healthy' | 'unhealthy' | 'ejected' | 'draining'

export interface MemberStatus {
  /** Host and port. */
  readonly name: string
  readonly origin: string
  readonly state: MemberState
  readonly reason: string
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Milliseconds since the epoch: when an ejection ends, or when what a draining member still has is broken off. */
  readonly until?: number
  readonly weight: number
  /** Its share of the pool's new work from 0 to 1, as states and ramps are now. */
  readonly share: number
  readonly zone?: string
  /** Exchanges begun whose response has not ended. */
  readonly inFlight: number
  /** Moving average of the time to the head of a response, quick to rise; a failure counts as a second at least. */
  readonly latencyMs: number
  readonly counters: Readonly<MemberCounters>
  readonly connections: Readonly<TransportStats>
}

interface Standing {
  readonly state: MemberState
  readonly reason: string
  readonly since: number
  readonly until?: number
}

/** Draining is what somebody wants; a failed check says more than past answers. */
export const standingOf = (member: Member): Standing => {
  const { drainingSince, health, ejection } = member
  if (drainingSince !== undefined) return drainingOf(member, drainingSince)
  const { state, reason, since } = health
  if (state === 'healthy' && ejection.isEjected)
    return { state: 'ejected', reason: ejection.reason, since: ejection.since, until: ejection.until }
  return { state, reason, since }
}

const drainingOf = ({ inFlight, drainingUntil }: Member, since: number): Standing =>
  inFlight > 0 && drainingUntil !== undefined
    ? { state: 'draining', reason: 'takes no new work, finishes what it has', since, until: drainingUntil }
    : { state: 'draining', reason: 'takes no new work', since }

export const statusOf = (member: Member, share: number, nowMs: number, latencyDecayMs: number): MemberStatus => {
  const { name, origin, weight, zone, inFlight, counters, transport, latency } = member
  const { open, idle, waiting, inFlight: sending, connects, reuses } = transport.stats
  return {
    name,
    origin,
    ...standingOf(member),
    weight,
    share,
    ...(zone !== undefined && { zone }),
    inFlight,
    latencyMs: latency.value(nowMs, latencyDecayMs),
    counters: { ...counters, failures: { ...counters.failures } },
    connections: { open, idle, waiting, inFlight: sending, connects, reuses },
  }
}
