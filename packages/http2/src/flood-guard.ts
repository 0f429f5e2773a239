/** Tells a busy client from one that has us work for nothing (RFC 9113 §10.5): buckets of cheap frames, by kind. */
import { ConnectionError } from './protocol-error.ts'
import type { ServerState } from './server-state.ts'
import { TokenBucket } from './token-bucket.ts'

type FrameKind = 'reset' | 'control' | 'empty' | 'windowUpdate'

export type FloodKind = FrameKind | 'fieldBlock'

const burstSeconds = 5

export class FloodGuard {
  readonly #server: ServerState
  readonly #buckets: Readonly<Record<FrameKind, TokenBucket>>

  constructor(server: ServerState) {
    this.#server = server
    const { limits } = server
    const nowMs = server.clock()
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
  count(kind: FrameKind): void {
    if (!this.#buckets[kind].take(this.#server.clock())) this.refuse(kind)
  }

  /** @throws ConnectionError `ENHANCE_YOUR_CALM` always */
  refuse(kind: FloodKind): never {
    this.#server.floods.add(kind)
    throw new ConnectionError('ENHANCE_YOUR_CALM', `a flood: ${kind}`)
  }

  /** Content that was sent entitles the client to give window back, twice for a KiB at most: stream and connection. */
  allowWindowUpdates(sentBytes: number): void {
    this.#buckets.windowUpdate.give(2 + sentBytes / 512)
  }
}
