/** One next hop of a pool: its connections, its health, and what it has in hand. */
import type { LookupFunction } from 'node:net'
import { Pool } from 'undici'
import { HealthState, type MemberState, type Thresholds } from './health-state.ts'

/** How long each phase of an exchange with a next hop may take. */
export interface Timeouts {
  readonly connectTimeoutMs: number
  /** From the request's last byte to the head of the response; also how long a free connection is waited for. */
  readonly firstByteTimeoutMs: number
  /** Silence between two parts of the response's content. */
  readonly bodyTimeoutMs: number
}

export interface MemberOptions extends Timeouts {
  readonly origin: string
  readonly maxConnections: number
  readonly thresholds: Thresholds
  readonly lookup: LookupFunction
  readonly clock: () => number
}

export interface MemberStatus {
  /** Host and port. */
  readonly name: string
  readonly state: MemberState
  readonly reason: string
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Exchanges begun whose response has not ended. */
  readonly inFlight: number
}

export class Member {
  readonly name: string
  readonly origin: string
  /** TLS server name and certificate subject: of the next hop itself, whatever host the client asked for. */
  readonly hostname: string
  readonly health: HealthState
  readonly pool: Pool
  inFlight = 0

  constructor({ origin, maxConnections, thresholds, lookup, clock, ...timeouts }: MemberOptions) {
    const url = new URL(origin)
    this.origin = url.origin
    this.name = url.host
    this.hostname = url.hostname
    this.health = new HealthState(thresholds, clock)
    this.pool = new Pool(url.origin, {
      connections: maxConnections,
      allowH2: false,
      connect: { timeout: timeouts.connectTimeoutMs, lookup },
      headersTimeout: timeouts.firstByteTimeoutMs,
      bodyTimeout: timeouts.bodyTimeoutMs,
    })
  }

  get status(): MemberStatus {
    const { state, reason, since } = this.health
    return { name: this.name, state, reason, since, inFlight: this.inFlight }
  }
}
