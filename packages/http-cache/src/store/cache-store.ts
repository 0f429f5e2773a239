/** Where responses are kept: by URL and variant, bounded in bytes, with purge and an optional level on disk. */
import { matches, type SelectionRules } from '../policy/selection.ts'
import { contentBytesOf, sizeOf, type Head, type StoredResponse } from '../stored-response.ts'
import { DiskLevel, type DiskOptions } from './disk-level.ts'
import { HitForMiss } from './hit-for-miss.ts'
import { isMeant, PurgeJournal, type PurgeBus, type PurgeCommand } from './purge.ts'
import { RecentPurges } from './recent-purges.ts'
import { Recordings } from './recordings.ts'
import { S3Fifo } from '@roundtrip/s3-fifo'
import { Counters, type MissRecord, type StoreStats } from './store-stats.ts'
import { SurrogateIndex } from './surrogate-index.ts'

export interface CacheStoreOptions {
  /** For everything: content, fields, keys and bookkeeping. */
  readonly maxBytes: number
  /** Stored variants of one URL at most, the oldest going first; 32 by default. */
  readonly maxVariants?: number
  /** Where goes what memory has no room for. */
  readonly disk?: DiskOptions
  readonly bus?: PurgeBus
  /** Milliseconds since the epoch; `Date.now` by default. */
  readonly clock?: () => number
}

/** Share of the memory that recordings may take beside it. */
const recordingShare = 0.25
/** Share of the memory that the content of one response may take; larger ones live on disk only. */
const largestShare = 0.1
/** The same of all that it takes: a head is larger than its content only by mistake, or in an attack. */
const largestWithHeadShare = 0.25
/** Share of the memory that heads of responses on disk may take of the rest. */
const diskHeadShare = 0.5
/** Share of the memory, and octets, that content waiting to be written to disk may take beside it. */
const pendingShare = 0.25
const mostPendingBytes = 64 * 1024 * 1024

const maxPendingBytes = (maxBytes: number): number => Math.min(Math.floor(maxBytes * pendingShare), mostPendingBytes)

/** Most content that such a store takes of one response: with a disk, what may be recorded and wait to be written. */
export const largestObjectBytes = ({ maxBytes, disk }: Pick<CacheStoreOptions, 'maxBytes' | 'disk'>): number => {
  const inMemory = Math.floor(maxBytes * largestShare)
  if (disk === undefined) return inMemory
  return Math.max(inMemory, Math.min(disk.maxBytes, Math.floor(maxBytes * recordingShare), maxPendingBytes(maxBytes)))
}

export class CacheStore {
  readonly counters = new Counters()
  readonly journal = new PurgeJournal()
  readonly hitForMiss = new HitForMiss()
  readonly recentPurges = new RecentPurges()
  readonly #variants = new Map<string, StoredResponse[]>()
  readonly #surrogates = new SurrogateIndex()
  readonly #policy: S3Fifo<StoredResponse>
  readonly #disk: DiskLevel | undefined
  readonly #options: CacheStoreOptions
  readonly #clock: () => number
  readonly #unsubscribe: (() => void) | undefined
  /** Of content; larger ones need not be brought. */
  readonly largestObjectBytes: number
  /** Bodies on their way in, and what of them readers hold outside the store. */
  readonly recordings: Recordings
  #objects = 0
  #diskHeadBytes = 0

  constructor(options: CacheStoreOptions) {
    this.#options = options
    this.#clock = options.clock ?? Date.now
    this.recordings = new Recordings(options.maxBytes * recordingShare)
    this.#policy = new S3Fifo(options.maxBytes, ({ owner }) => this.#leaveMemory(owner))
    this.largestObjectBytes = largestObjectBytes(options)
    const pending = { maxPendingBytes: maxPendingBytes(options.maxBytes) }
    this.#disk =
      options.disk === undefined
        ? undefined
        : new DiskLevel({ ...options.disk, ...pending }, (stored) => this.#forget(stored))
    this.#unsubscribe = options.bus?.subscribe((command) => this.#apply(command))
  }

  /** The newest first. */
  variants(key: string): readonly StoredResponse[] {
    return this.#variants.get(key) ?? []
  }

  select(
    variants: readonly StoredResponse[],
    fields: Parameters<typeof matches>[0],
    rules: SelectionRules,
  ): StoredResponse | undefined {
    for (const stored of variants) {
      if (stored.varyNames.length === 0 || matches(fields, stored.varyNames, stored.varyValues, rules)) return stored
    }
    return undefined
  }

  /** What is stored for the very same selecting values. */
  sameVariant(key: string, varyNames: readonly string[], varyValues: readonly string[]): StoredResponse | undefined {
    return this.variants(key).find((stored) => isSameVariant(stored, { varyNames, varyValues }))
  }

  touch(stored: StoredResponse): void {
    this.#policy.touch(stored.node)
  }

  /** Takes a response in, in place of what was stored for the same selecting values. @returns false when there is no room for it */
  put(stored: StoredResponse): boolean {
    const sizeBytes = sizeOf(stored)
    const fitsMemory = this.#fitsMemory(contentBytesOf(stored), sizeBytes)
    stored.node.sizeBytes = sizeBytes
    if (!fitsMemory && !this.#makesRoomOnDisk(stored)) return false
    const { maxVariants = 32 } = this.#options
    const before = this.#variants.get(stored.key) ?? []
    for (const other of before) if (isSameVariant(other, stored)) this.#remove(other)
    const others = this.#variants.get(stored.key) ?? []
    if (others.length >= maxVariants) this.#remove(others.at(-1) as StoredResponse)
    this.#variants.set(stored.key, [stored, ...(this.#variants.get(stored.key) ?? [])])
    this.#surrogates.add(stored)
    this.#objects++
    this.counters.stored++
    if (!fitsMemory) {
      this.#toDisk(stored)
      this.#policy.trim()
      return true
    }
    this.#policy.add(stored.node)
    this.recordings.entersStore(stored.body)
    return true
  }

  /** Gives a stored response a newer head, or other content after its parts were combined. */
  update(stored: StoredResponse, head: Head): void {
    if (!this.has(stored)) return
    this.#surrogates.remove(stored)
    stored.head = head
    stored.purgedMs = undefined
    stored.hitTexts.ageSeconds = -1
    this.#surrogates.add(stored)
    if (stored.node.queue !== 0) this.#policy.resize(stored.node, sizeOf(stored))
    else this.#resizeOnDisk(stored)
  }

  has(stored: StoredResponse): boolean {
    return this.#variants.get(stored.key)?.includes(stored) ?? false
  }

  remove(stored: StoredResponse): void {
    this.#remove(stored)
  }

  /** Takes content that was read from disk back into memory. */
  promote(stored: StoredResponse, bytes: Uint8Array): void {
    if (!this.has(stored) || stored.body instanceof Uint8Array || stored.body === undefined) return
    const sizeBytes = sizeOf(stored) + bytes.byteLength
    if (!this.#fitsMemory(bytes.byteLength, sizeBytes)) return
    this.#disk?.remove(stored)
    this.#countHead(stored, 0)
    stored.body = bytes
    stored.node.sizeBytes = sizeBytes
    this.#policy.add(stored.node)
  }

  /**
   * Removes, or makes stale, what the command means, here and wherever the bus reaches. By URL and by surrogate key
   * the work is in what is meant; by host and by prefix it is one look at every key in the store.
   *
   * @returns how many stored responses were meant in this process
   */
  purge(command: PurgeCommand): number {
    this.#options.bus?.publish(command)
    return this.#apply(command)
  }

  /** Every key with its stored responses, for the admin API. */
  *entries(): Generator<StoredResponse> {
    for (const variants of this.#variants.values()) yield* variants
  }

  recentMisses(): MissRecord[] {
    return this.counters.recentMisses
  }

  stats(): StoreStats {
    const { hits, staleHits, misses, stored, notStored, evictions, purged, collapsed } = this.counters
    return {
      hits,
      staleHits,
      misses: { ...misses },
      stored,
      notStored: { ...notStored },
      evictions,
      purged,
      collapsed,
      objects: this.#objects,
      bytes: this.#policy.bytes + this.#diskHeadBytes,
      maxBytes: this.#options.maxBytes,
      recordingBytes: this.recordings.bytes,
      diskObjects: this.#disk?.objects ?? 0,
      diskBytes: this.#disk?.bytes ?? 0,
    }
  }

  /** Resolves when the disk has nothing left to write or to remove. */
  async flush(): Promise<void> {
    await this.#disk?.flush()
  }

  /** Ends the subscription and resolves when what is being written to disk is written. */
  async close(): Promise<void> {
    this.#unsubscribe?.()
    await this.#disk?.close()
  }

  #apply(command: PurgeCommand): number {
    this.journal.note(command)
    this.hitForMiss.forget(command)
    this.recentPurges.note(command, this.#clock())
    const meant = this.#meant(command)
    for (const stored of meant) {
      if (command.soft === true) {
        stored.purgedMs ??= this.#clock()
        stored.hitTexts.ageSeconds = -1
      } else this.#remove(stored)
    }
    this.counters.purged += meant.length
    return meant.length
  }

  #meant(command: PurgeCommand): StoredResponse[] {
    if ('url' in command) return [...this.variants(command.url)]
    if ('surrogateKeys' in command) return this.#surrogates.find(command.surrogateKeys)
    const found: StoredResponse[] = []
    for (const [key, variants] of this.#variants) if (isMeant(command, key, [])) found.push(...variants)
    return found
  }

  #fitsMemory(contentBytes: number, sizeBytes: number): boolean {
    const { maxBytes } = this.#options
    return contentBytes <= maxBytes * largestShare && sizeBytes <= maxBytes * largestWithHeadShare
  }

  #remove(stored: StoredResponse): void {
    this.#policy.remove(stored.node)
    this.recordings.leavesStore(stored.body)
    this.#disk?.remove(stored)
    this.#forget(stored)
  }

  #leaveMemory(stored: StoredResponse): void {
    this.counters.evictions++
    this.recordings.leavesStore(stored.body)
    if (this.#makesRoomOnDisk(stored)) this.#toDisk(stored)
    else this.#forget(stored)
  }

  /** Whether the disk takes its content, for which heads of the oldest there may have to go. */
  #makesRoomOnDisk(stored: StoredResponse): boolean {
    if (this.#disk?.takes(stored) !== true) return false
    const headBytes = headBytesOf(stored)
    // Content that is less than what it leaves behind would push more out of memory than it is worth.
    return headBytes <= stored.node.sizeBytes - headBytes && this.#makesRoomForHead(headBytes)
  }

  #makesRoomForHead(bytes: number): boolean {
    const mostBytes = this.#options.maxBytes * diskHeadShare - bytes
    while (this.#diskHeadBytes > mostBytes) if (this.#disk?.evictOldest() !== true) return false
    return true
  }

  #countHead(stored: StoredResponse, bytes: number): void {
    this.#diskHeadBytes += bytes - stored.diskHeadBytes
    stored.diskHeadBytes = bytes
    this.#policy.maxBytes = this.#options.maxBytes - this.#diskHeadBytes
  }

  /** Its head has changed. */
  #resizeOnDisk(stored: StoredResponse): void {
    this.#countHead(stored, headBytesOf(stored))
    if (!this.#makesRoomForHead(0)) this.#remove(stored)
    this.#policy.trim()
  }

  #toDisk(stored: StoredResponse): void {
    const disk = this.#disk as DiskLevel
    this.#countHead(stored, headBytesOf(stored))
    void disk
      .write(stored, () => this.has(stored))
      .then((written) => {
        if (!written) this.#forget(stored)
      })
  }

  #forget(stored: StoredResponse): void {
    const variants = this.#variants.get(stored.key)
    if (variants === undefined || !variants.includes(stored)) return
    this.#objects--
    this.#countHead(stored, 0)
    this.#surrogates.remove(stored)
    if (variants.length === 1) this.#variants.delete(stored.key)
    else
      this.#variants.set(
        stored.key,
        variants.filter((other) => other !== stored),
      )
  }
}

/** Of one whose whole content is here or on disk. */
const headBytesOf = (stored: StoredResponse): number => sizeOf(stored) - contentBytesOf(stored)

type Selecting = Pick<StoredResponse, 'varyNames' | 'varyValues'>

const isSameVariant = (a: Selecting, b: Selecting): boolean =>
  a.varyNames.length === b.varyNames.length &&
  a.varyNames.every((name, index) => name === b.varyNames[index]) &&
  a.varyValues.every((value, index) => value === b.varyValues[index])
