/** What the admin API asks of worker processes; each answers for itself. */
import type { Explanation, PurgeCommand, StoreStats } from '@roundtrip/http-cache'
import type { PoolStatus } from '@roundtrip/upstream'
import { topic, type Topic } from '@roundtrip/worker-group'
import type { SlowRequest } from '../layers/slow-requests.ts'
import type { WorkerMetrics } from '../metrics/group-metrics.ts'
import type { PurgeNote } from '../purge/purge-relay.ts'
import type { EdgeFile } from '../settings/edge-file.ts'
import type { RequestUrl } from './request-url.ts'

export interface ConnectionRow {
  readonly listener: string
  readonly protocol: string
  readonly client: string
  readonly ageMs: number
  readonly requests: number
  readonly inFlight: number
}

/** A certificate that clients are shown. */
export interface CertificateRow {
  readonly names: readonly string[]
  /** ISO 8601. */
  readonly expires: string
  /** SHA-256, colons between the octets. */
  readonly fingerprint: string
}

/** A request that is only asked about. */
export interface Supposed {
  readonly url: RequestUrl
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

/** The explanation is missing where there is a problem. */
export interface Explained extends Done {
  readonly explanation?: Explanation & { readonly route: string }
}

export interface Applied extends Done {
  /** Parts that take effect with the next start or recycle only. */
  readonly later: readonly string[]
}

/** A purge as an operator asked for it, with the number that it goes by among workers. */
export interface PurgeOrder extends Omit<PurgeNote, 'command'> {
  /** URLs as requests have them, before the rules of their route. */
  readonly command: PurgeCommand
}

/** What came of a purge in one worker. */
export interface Purged {
  readonly count: number
  /** As the rules of its route make it: what the other edges are told. */
  readonly command: PurgeCommand
  /** Names who can tell them; undefined where there is nobody to be told. */
  readonly relay: string | undefined
}

/** Tells the other edges: one worker does so for all. */
export interface ShareOrder {
  readonly relay: string
  readonly note: PurgeNote
}

export const poolsTopic: Topic<null, readonly PoolStatus[]> = topic('admin.pools')
export const memberTopic: Topic<MemberOrder, Done> = topic('admin.member')
export const cacheTopic: Topic<null, StoreStats> = topic('admin.cache')
export const explainTopic: Topic<Supposed, Explained> = topic('admin.explain')
export const purgeTopic: Topic<PurgeOrder, Purged> = topic('admin.purge')
/** Replies whether they hear it now; undefined from those who were not meant. */
export const shareTopic: Topic<ShareOrder, boolean | undefined> = topic('admin.share')
export const connectionsTopic: Topic<null, readonly ConnectionRow[]> = topic('admin.connections')
export const certificatesTopic: Topic<null, readonly CertificateRow[]> = topic('admin.certificates')
export const slowTopic: Topic<null, readonly SlowRequest[]> = topic('admin.slow')
export const settingsTopic: Topic<null, EdgeFile> = topic('admin.settings')
/** Said by a worker that can be given orders from now on: the number of the settings that it has. */
export const workerStartedTopic: Topic<number> = topic('worker.started')
export const applyTopic: Topic<EdgeFile, Applied> = topic('admin.apply')
export const metricsTopic: Topic<null, WorkerMetrics> = topic('admin.metrics')
/** Said by a worker that has nothing in hand any more and is about to end: its counts, without gauges. */
export const lastMetricsTopic: Topic<WorkerMetrics> = topic('admin.last-metrics')
