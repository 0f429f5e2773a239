/** @packageDocumentation Pools of next hops: selection, health checks, forwarding. */
export type { HealthCheckOptions, Schedule } from './health-check.ts'
export type { MemberState } from './health-state.ts'
export type { MemberStatus, Timeouts } from './member.ts'
export { retry } from './retry.ts'
export { createUpstream, type Upstream, type UpstreamOptions } from './upstream.ts'
export { checksOf, upstreamFrom, type UpstreamSettings } from './from-settings.ts'
