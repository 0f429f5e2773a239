/** Eviction policies behind one face, to be compared on a trace: the one in use, and those it was chosen over. */
import { evictionNode, S3Fifo, type EvictionNode } from '@roundtrip/s3-fifo'
import { FrequencySketch } from './frequency-sketch.ts'
import type { Access } from './trace.ts'

export interface Policy {
  /** @returns whether it was there; when not it may be there from now on */
  access(access: Access): boolean
}

interface Entry {
  readonly key: string
}

/** The code of the store itself. */
export const s3Fifo = (maxBytes: number): Policy => {
  const nodes = new Map<string, EvictionNode<Entry>>()
  const queues = new S3Fifo<Entry>(maxBytes, ({ owner }) => void nodes.delete(owner.key))
  return {
    access({ key, sizeBytes }) {
      const node = nodes.get(key)
      if (node !== undefined) {
        queues.touch(node)
        return true
      }
      const added = evictionNode({ key }, sizeBytes)
      queues.add(added)
      nodes.set(key, added)
      return false
    },
  }
}

/** A map in order, bounded by nobody; `touch` makes it one by last use. */
class Ordered {
  readonly #sizes = new Map<string, number>()
  bytes = 0

  has(key: string): boolean {
    return this.#sizes.has(key)
  }

  push(key: string, sizeBytes: number): void {
    this.#sizes.set(key, sizeBytes)
    this.bytes += sizeBytes
  }

  touch(key: string): void {
    const sizeBytes = this.remove(key)
    this.push(key, sizeBytes)
  }

  remove(key: string): number {
    const sizeBytes = this.#sizes.get(key) ?? 0
    this.#sizes.delete(key)
    this.bytes -= sizeBytes
    return sizeBytes
  }

  get oldest(): Access | undefined {
    for (const [key, sizeBytes] of this.#sizes) return { key, sizeBytes }
    return undefined
  }

  shift(): Access | undefined {
    const { oldest } = this
    if (oldest !== undefined) this.remove(oldest.key)
    return oldest
  }
}

const ordered = (maxBytes: number, isByLastUse: boolean): Policy => {
  const entries = new Ordered()
  return {
    access({ key, sizeBytes }) {
      if (entries.has(key)) {
        if (isByLastUse) entries.touch(key)
        return true
      }
      while (entries.bytes + sizeBytes > maxBytes) entries.shift()
      entries.push(key, sizeBytes)
      return false
    },
  }
}

export const lru = (maxBytes: number): Policy => ordered(maxBytes, true)
export const fifo = (maxBytes: number): Policy => ordered(maxBytes, false)

/** Caffeine's shares: a window of 1 %, and four fifths of the rest for what was asked for again. */
const windowShare = 0.01
const protectedShare = 0.8

/** W-TinyLFU (Einziger, Friedman, Manes, ACM ToS 2017): a newcomer must have been asked for more often than what it displaces. */
class WindowTinyLfu implements Policy {
  readonly #windowBytes: number
  readonly #mainBytes: number
  readonly #window = new Ordered()
  readonly #probation = new Ordered()
  readonly #protected = new Ordered()
  readonly #sketch: FrequencySketch

  constructor(maxBytes: number) {
    this.#windowBytes = maxBytes * windowShare
    this.#mainBytes = maxBytes - this.#windowBytes
    // As many counters as objects of 4 KiB would fit.
    this.#sketch = new FrequencySketch(Math.ceil(maxBytes / 4096))
  }

  access({ key, sizeBytes }: Access): boolean {
    this.#sketch.count(key)
    if (this.#window.has(key)) this.#window.touch(key)
    else if (this.#protected.has(key)) this.#protected.touch(key)
    else if (this.#probation.has(key)) this.#promote(key)
    else {
      this.#enter({ key, sizeBytes })
      return false
    }
    return true
  }

  #promote(key: string): void {
    this.#protected.push(key, this.#probation.remove(key))
    while (this.#protected.bytes > this.#mainBytes * protectedShare) {
      const demoted = this.#protected.shift()
      if (demoted !== undefined) this.#probation.push(demoted.key, demoted.sizeBytes)
    }
  }

  #enter({ key, sizeBytes }: Access): void {
    this.#window.push(key, sizeBytes)
    while (this.#window.bytes > this.#windowBytes) {
      const candidate = this.#window.shift()
      if (candidate !== undefined && this.#admits(candidate)) this.#probation.push(candidate.key, candidate.sizeBytes)
    }
  }

  #admits(candidate: Access): boolean {
    const frequency = this.#sketch.frequency(candidate.key)
    while (this.#probation.bytes + this.#protected.bytes + candidate.sizeBytes > this.#mainBytes) {
      const victim = this.#probation.oldest ?? this.#protected.oldest
      if (victim === undefined || this.#sketch.frequency(victim.key) >= frequency) return false
      if (this.#probation.has(victim.key)) this.#probation.shift()
      else this.#protected.shift()
    }
    return true
  }
}

export const windowTinyLfu = (maxBytes: number): Policy => new WindowTinyLfu(maxBytes)

export const policies: Readonly<Record<string, (maxBytes: number) => Policy>> = {
  FIFO: fifo,
  LRU: lru,
  'W-TinyLFU': windowTinyLfu,
  'S3-FIFO': s3Fifo,
}
