/** The level in this process: bounded in bytes, short-lived, and emptied of what is heard to be invalidated. */
import { evictionNode, S3Fifo, type EvictionNode } from '@roundtrip/s3-fifo'
import type { Ageing } from './early-refresh.ts'
import { everything } from './owed.ts'

/** A value on its way to callers, and what keeping it asks for. */
export interface Served extends Ageing {
  /** Shared by all who ask: frozen. */
  readonly value: unknown
  readonly outcome: 'hit' | 'miss' | 'down' | 'stale'
  /** Of the entry in Redis; empty when there is none. */
  readonly id: string
  readonly sizeBytes: number
  /** How much longer than `leftMs` it may be served when a load fails. */
  readonly staleMs: number
  /** The latest change that it is known to reflect; empty when none is. */
  readonly reflects: string
}

export interface Held {
  readonly served: Served
  /** When it came, by the cache's clock. */
  readonly sinceMs: number
}

interface Slot {
  readonly key: string
  readonly tags: readonly string[]
  node: EvictionNode<Slot> | undefined
  held: Held | undefined
  /** The answer that is on its way, and what it takes the place of. */
  flight: Promise<Served> | undefined
}

export interface MemoryLevelOptions {
  readonly maxBytes: number
  readonly ttlMs: number
  readonly clock: () => number
}

/** Of key, maps and list nodes; a string of JSON takes up to two bytes a character, its objects about as much again. */
const overheadBytes = 500
/** A value that takes more than this share would push too much out. */
const largestShare = 0.1

export class MemoryLevel {
  readonly #options: MemoryLevelOptions
  readonly #slots = new Map<string, Slot>()
  readonly #byTag = new Map<string, Set<Slot>>()
  readonly #policy: S3Fifo<Slot>

  constructor(options: MemoryLevelOptions) {
    this.#options = options
    this.#policy = new S3Fifo(options.maxBytes, ({ owner }) => this.#forget(owner))
  }

  get entries(): number {
    return this.#slots.size
  }

  get bytes(): number {
    return this.#policy.bytes
  }

  /** What may be served without asking anybody. */
  fresh(key: string): Held | undefined {
    const slot = this.#slots.get(key)
    if (slot?.held === undefined || slot.flight !== undefined) return undefined
    const { served, sinceMs } = slot.held
    // After a load has failed, an expired value spares the database the next tries for as long as memory keeps anything.
    const { ttlMs, clock } = this.#options
    const lifetimeMs = served.outcome === 'stale' ? ttlMs : Math.min(ttlMs, served.leftMs)
    if (clock() - sinceMs >= lifetimeMs) return undefined
    if (slot.node !== undefined) this.#policy.touch(slot.node)
    return slot.held
  }

  /** What may be served when a load has failed: expired, but never what was invalidated. */
  stale(key: string): Served | undefined {
    const held = this.#slots.get(key)?.held
    if (held === undefined) return undefined
    const { served, sinceMs } = held
    const leftMs = served.leftMs - (this.#options.clock() - sinceMs)
    return leftMs + served.staleMs > 0 ? { ...served, leftMs, outcome: 'stale' } : undefined
  }

  /** Joins the answer that is on its way, or starts one; it is kept unless one of its tags is invalidated meanwhile. */
  join(key: string, tags: readonly string[], start: () => Promise<Served>): Promise<Served> {
    const before = this.#slots.get(key)
    if (before?.flight !== undefined) return before.flight
    if (before !== undefined) this.#remove(before)
    const slot: Slot = { key, tags, node: undefined, held: before?.held, flight: undefined }
    this.#slots.set(key, slot)
    for (const tag of tags) {
      const tagged = this.#byTag.get(tag)
      if (tagged === undefined) this.#byTag.set(tag, new Set([slot]))
      else tagged.add(slot)
    }
    slot.flight = start()
    slot.flight.then(
      (served) => this.#land(slot, served),
      () => this.#remove(slot),
    )
    return slot.flight
  }

  /** Puts a newer value in the place of the one with that id, if it still is there and was not invalidated. */
  replace(key: string, id: string, served: Served): void {
    const slot = this.#slots.get(key)
    if (slot?.held?.served.id !== id || slot.flight !== undefined) return
    if (slot.node !== undefined) this.#policy.remove(slot.node)
    this.#land(slot, served)
  }

  /** Drops what has one of these tags, and what is being loaded with it. */
  drop(tags: readonly string[]): void {
    if (tags.includes(everything)) return this.clear()
    for (const tag of tags) for (const slot of this.#byTag.get(tag) ?? []) this.#remove(slot)
  }

  clear(): void {
    for (const slot of this.#slots.values()) this.#remove(slot)
  }

  #land(slot: Slot, served: Served): void {
    slot.flight = undefined
    if (this.#slots.get(slot.key) !== slot) return
    const sizeBytes = served.sizeBytes + 2 * slot.key.length + overheadBytes
    if (sizeBytes > this.#options.maxBytes * largestShare || served.leftMs <= -served.staleMs) return this.#forget(slot)
    slot.held = { served, sinceMs: this.#options.clock() }
    slot.node = evictionNode(slot, sizeBytes)
    this.#policy.add(slot.node)
  }

  #remove(slot: Slot): void {
    if (this.#slots.get(slot.key) !== slot) return
    if (slot.node !== undefined) this.#policy.remove(slot.node)
    this.#forget(slot)
  }

  #forget(slot: Slot): void {
    this.#slots.delete(slot.key)
    for (const tag of slot.tags) {
      const tagged = this.#byTag.get(tag)
      tagged?.delete(slot)
      if (tagged?.size === 0) this.#byTag.delete(tag)
    }
  }
}
