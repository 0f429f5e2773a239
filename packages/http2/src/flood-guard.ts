/** Tells a busy client from one that has us work for nothing (RFC 9113 §10.5): buckets of cheap frames, by kind. */
import type { Clock } from '@roundtrip/pipeline'
import type { Http2Limits } from './limits.ts'
import { ConnectionError } from './protocol-error.ts'
import { TokenBucket } from './token-bucket.ts'

export type FloodKind = 'reset' | 'control' | 'empty' | 'windowUpdate'

const burstSeconds = 5

export class FloodGuard {
  readonly #clock: Clock
  readonly #buckets: Readonly<Record<FloodKind, TokenBucket>>

  constructor(limits: Http2Limits, clock: Clock) {
    this.#clock = clock
    const nowMs = clock()
    const bucket = (perSecond: number, seconds: number): TokenBucket =>
      new TokenBucket(perSecond, perSecond * seconds, nowMs)
    this.#buckets = {
      reset: bucket(limits.resetsPerSecond, 4),
      control: bucket(limits.controlFramesPerSecond, burstSeconds),
      empty: bucket(limits.emptyFramesPerSecond, burstSeconds),
      windowUpdate: bucket(limits.windowUpdatesPerSecond, burstSeconds),
    }
  }

  /** @throws ConnectionError `ENHANCE_YOUR_CALM` when there were too many of the kind */
  count(kind: FloodKind): void {
    if (!this.#buckets[kind].take(this.#clock())) throw new ConnectionError('ENHANCE_YOUR_CALM', `a flood: ${kind}`)
  }

  /** Content that was sent entitles the client to give window back, twice for a KiB at most: stream and connection. */
  allowWindowUpdates(sentBytes: number): void {
    this.#buckets.windowUpdate.give(2 + sentBytes / 512)
  }
}
