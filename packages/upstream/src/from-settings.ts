/** From the flat settings of a service to an upstream, and from its members to the checks of a health report. */
import type { Log } from '@roundtrip/http'
import type { MemberStatus } from './member-status.ts'
import { createUpstream, type Upstream } from './upstream.ts'

/** What a service that forwards has in its settings. */
export interface UpstreamSettings {
  /** Origins. */
  readonly upstreams: readonly string[]
  readonly healthCheckPath: string
  readonly healthCheckIntervalMs: number
  readonly healthCheckTimeoutMs: number
  readonly healthCheckRise: number
  readonly healthCheckFall: number
  readonly connectTimeoutMs: number
  readonly firstByteTimeoutMs: number
  readonly bodyTimeoutMs: number
}

/** @param name of the pool, for logs and errors */
export const upstreamFrom = (name: string, settings: UpstreamSettings, log: Log): Upstream =>
  createUpstream({
    name,
    members: settings.upstreams,
    healthCheck: {
      path: settings.healthCheckPath,
      intervalMs: settings.healthCheckIntervalMs,
      timeoutMs: settings.healthCheckTimeoutMs,
      rise: settings.healthCheckRise,
      fall: settings.healthCheckFall,
    },
    connectTimeoutMs: settings.connectTimeoutMs,
    firstByteTimeoutMs: settings.firstByteTimeoutMs,
    bodyTimeoutMs: settings.bodyTimeoutMs,
    log,
  })

/** One entry per member, with the reason for one that is out. */
export const checksOf = (members: readonly MemberStatus[]): Record<string, string> =>
  Object.fromEntries(
    members.map(({ name, state, reason }) => [name, state === 'healthy' ? state : `${state}: ${reason}`]),
  )
