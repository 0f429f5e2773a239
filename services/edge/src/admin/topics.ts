/** What the admin API asks of worker processes; each answers for itself. */
import type { Explanation, PurgeCommand, StoreStats } from '@roundtrip/http-cache'
import type { PoolStatus } from '@roundtrip/upstream'
import type { SlowRequest } from '../layers/slow-requests.ts'
import type { Metric } from '../metrics/exposition.ts'
import type { EdgeFile } from '../settings/edge-file.ts'
import { topic, type Topic } from '../workers/worker-bus.ts'

export interface ConnectionRow {
  readonly listener: string
  readonly protocol: string
  readonly client: string
  readonly ageMs: number
  readonly requests: number
  readonly inFlight: number
}

/** A request that is only asked about. */
export interface Supposed {
  readonly url: string
  readonly method: string
  readonly fields: readonly (readonly [name: string, value: string])[]
}

/** What is done to a member of a pool. */
export type MemberOrder =
  | (MemberName & { readonly order: 'drain' | 'restore' | 'remove' })
  | (MemberName & { readonly order: 'add' | 'weight'; readonly weight: number })

interface MemberName {
  readonly pool: string
  /** Host and port; an origin where it is added. */
  readonly member: string
}

/** What became of an order: a sentence when it could not be carried out. */
export interface Done {
  readonly problem?: string
}

export interface Applied extends Done {
  /** Parts that take effect with the next start or recycle only. */
  readonly later: readonly string[]
}

/** What came of a purge in one worker. */
export interface Purged {
  readonly count: number
  /** Whether the Redis shared with other edges is connected; undefined when there is none. */
  readonly isShared: boolean | undefined
}

export const poolsTopic: Topic<null, readonly PoolStatus[]> = topic('admin.pools')
export const memberTopic: Topic<MemberOrder, Done> = topic('admin.member')
export const cacheTopic: Topic<null, StoreStats> = topic('admin.cache')
export const explainTopic: Topic<Supposed, Explanation & { readonly route: string }> = topic('admin.explain')
export const purgeTopic: Topic<PurgeCommand, Purged> = topic('admin.purge')
export const connectionsTopic: Topic<null, readonly ConnectionRow[]> = topic('admin.connections')
export const slowTopic: Topic<null, readonly SlowRequest[]> = topic('admin.slow')
export const settingsTopic: Topic<null, EdgeFile> = topic('admin.settings')
export const applyTopic: Topic<EdgeFile, Applied> = topic('admin.apply')
export const metricsTopic: Topic<null, readonly Metric[]> = topic('admin.metrics')
