/** A pool behind one terminal handler, for a tier that has one pool and few settings. */
import type { LookupFunction } from 'node:net'
import type { HttpHandler, Log } from '@roundtrip/http'
import { compose } from '@roundtrip/pipeline'
import { balance } from './balance.ts'
import { circuitBreaker } from './circuit-breaker.ts'
import { forward } from './forward.ts'
import type { HealthCheckOptions, Schedule } from './health-check.ts'
import { hopByHop } from './hop-by-hop.ts'
import type { MemberStatus } from './member-status.ts'
import { createPool, type Pool } from './pool.ts'
import { poolSettingsOf } from './settings/pool-settings.ts'

export interface UpstreamOptions {
  /** Names the pool in logs and errors, e.g. `web`. */
  readonly name: string
  /** Origins, e.g. `http://10.0.0.1:8080`. */
  readonly members: readonly string[]
  readonly healthCheck: HealthCheckOptions
  readonly connectTimeoutMs: number
  /** From the request's last byte to the head of the response; also how long a free connection is waited for. */
  readonly firstByteTimeoutMs: number
  /** Silence between two parts of the response's content. */
  readonly bodyTimeoutMs: number
  /** Connections kept to each member at most; requests beyond wait for one. 256 by default. */
  readonly maxConnectionsPerMember?: number
  /** How members' names become addresses; `nameLookup()` by default. */
  readonly lookup?: LookupFunction
  readonly log: Log
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
  readonly random?: () => number
  readonly schedule?: Schedule
}

export interface Upstream {
  readonly pool: Pool
  /** Terminal: sends the request to a member and streams its response back. */
  readonly forward: HttpHandler
  readonly members: () => readonly MemberStatus[]
  /** Begins the health checks, the first at once. */
  readonly start: () => void
  /** Ends the health checks. */
  readonly stop: () => void
  /** Ends the health checks and resolves when every exchange has ended. No request may be forwarded any more. */
  readonly drain: () => Promise<void>
  /** Breaks off what is left. */
  readonly close: () => Promise<void>
}

const settingsOf = (options: UpstreamOptions) => {
  const { name, members, healthCheck, connectTimeoutMs, firstByteTimeoutMs, bodyTimeoutMs } = options
  return poolSettingsOf(
    {
      members: members.map((origin) => ({ origin })),
      balance: { algorithm: 'round-robin' },
      healthCheck,
      // Only health checks take a member out, as this tier's settings say; and then nobody is asked in vain.
      outlierDetection: { consecutive5xx: 0, consecutiveGatewayErrors: 0, successRateMinHosts: 0 },
      panicThresholdPercent: 0,
      circuitBreaker: { maxConnections: options.maxConnectionsPerMember },
      timeouts: {
        connectMs: connectTimeoutMs,
        firstByteMs: firstByteTimeoutMs,
        idleMs: bodyTimeoutMs,
        // A connection that is waited for may first have to be made.
        queueMs: connectTimeoutMs + firstByteTimeoutMs,
      },
    },
    name,
  )
}

export const createUpstream = (options: UpstreamOptions): Upstream => {
  const { name, log, clock, random, schedule, lookup } = options
  const pool = createPool(name, settingsOf(options), {
    log,
    ...(clock !== undefined && { clock }),
    ...(random !== undefined && { random }),
    ...(schedule !== undefined && { schedule }),
    ...(lookup !== undefined && { lookup }),
  })
  return {
    pool,
    forward: compose(
      [
        ['balance', balance(pool)],
        ['circuit-breaker', circuitBreaker(pool)],
        ['hop-by-hop', hopByHop()],
      ],
      ['forward', forward()],
    ),
    members: () => pool.status().members,
    start: () => pool.start(),
    stop: () => pool.stop(),
    drain: () => pool.drain(),
    close: async () => pool.close(),
  }
}
