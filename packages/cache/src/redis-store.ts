/** The level that all processes share: entries, stamps and leases. Every call ends within the command timeout. */
import { promptRedis, tryConnect } from '@roundtrip/redis'
import type { Redis } from 'ioredis'
import { channelsOf, type Channels } from './channels.ts'
import { inTime } from './in-time.ts'
import { decode, isCurrent, type Entry } from './entry.ts'
import { advance, claim, fill, loadScripts, release, runScript, type Script } from './scripts.ts'

/** What stands under a key. */
export interface Found {
  readonly entry: Entry | undefined
  /** Its id; empty when there is none. */
  readonly seenId: string
  /** Roughly, in memory. */
  readonly sizeBytes: number
  /** Until the entry is no longer fresh; below zero it is only kept for the case that a load fails. */
  readonly leftMs: number
  /** In the order of the tags; null where none is known. */
  readonly stamps: readonly (string | null)[]
}

export type Claim =
  | { readonly verdict: 'yours'; readonly stamps: readonly string[] }
  | { readonly verdict: 'filled'; readonly found: Found }
  | { readonly verdict: 'taken'; readonly leaseLeftMs: number }
  | { readonly verdict: 'full' }

/** As the script says it. */
type ClaimReply =
  | readonly ['yours', ...stamps: string[]]
  | readonly ['filled', text: string, ttlMs: number, ...stamps: string[]]
  | readonly ['taken', leaseLeftMs: number]
  | readonly ['full']

export type FillResult = 'stored' | 'lost' | 'outdated' | 'full'

/** Where a value stands, and what it is made of. */
export interface Place {
  readonly key: string
  readonly tags: readonly string[]
}

export interface Filling {
  /** That of the claim. */
  readonly token: string
  readonly text: string
  readonly ttlMs: number
  readonly stamps: readonly string[]
  /** Of the entry at the claim; empty when there was none. */
  readonly seenId: string
}

export interface RedisStoreOptions {
  readonly url: string
  readonly password: string | undefined
  /** Put before every key. */
  readonly namespace: string
  readonly timeoutMs: number
  readonly leaseMs: number
}

/** Longer than any entry lives: a stamp must not vanish and leave an older entry looking fresh. */
const stampTtlMs = 24 * 60 * 60 * 1000

/** When the client forgets a command that nobody waits for any more. */
const forgottenMs = 10_000

/** May it be served without a word? */
export const isFresh = ({ entry, leftMs, stamps }: Found): boolean =>
  entry !== undefined && leftMs > 0 && isCurrent(entry, stamps)

/** As the scripts see it, whatever the rest is worth: else who finds a broken entry would wait for it to be mended. */
const idOf = (text: string | null): string => /^\S+/.exec(text ?? '')?.[0] ?? ''

const foundOf = (text: string | null, ttlMs: number, stamps: readonly (string | null)[]): Found => {
  const entry = text === null ? undefined : decode(text)
  const sizeBytes = 2 * (text?.length ?? 0)
  return { entry, seenId: idOf(text), sizeBytes, leftMs: ttlMs - (entry?.staleMs ?? 0), stamps }
}

export class RedisStore {
  readonly #redis: Redis
  readonly #namespace: string
  readonly #channels: Channels
  readonly #leaseMs: number
  readonly #timeoutMs: number

  constructor({ url, password, namespace, timeoutMs, leaseMs }: RedisStoreOptions) {
    this.#namespace = namespace
    this.#leaseMs = leaseMs
    this.#timeoutMs = timeoutMs
    this.#redis = promptRedis({ url, password, commandTimeoutMs: forgottenMs })
    this.#channels = channelsOf(namespace, this.#redis)
    // Before the first command: one that has to bring its script along would come after the commands sent meanwhile.
    this.#redis.on('ready', () => loadScripts(this.#redis))
  }

  /** Ready after this, or trying to connect in the background (false). */
  connect(): Promise<boolean> {
    return tryConnect(this.#redis)
  }

  get isConnected(): boolean {
    return this.#redis.status === 'ready'
  }

  async find({ key, tags }: Place): Promise<Found> {
    const entryKey = this.#entryKey(key)
    const both = Promise.all([this.#redis.mget(entryKey, ...this.#tagKeys(tags)), this.#redis.pttl(entryKey)])
    const [[text = null, ...stamps], ttlMs] = await inTime(both, this.#timeoutMs)
    return foundOf(text, ttlMs, stamps)
  }

  /** Asks to be the one who loads. @param seenId of the entry that the caller knows already, else empty */
  async claim({ key, tags }: Place, token: string, seenId: string): Promise<Claim> {
    const args = [token, this.#leaseMs, stampTtlMs, seenId]
    const reply = (await this.#run(claim, this.#keys(key, tags), args)) as ClaimReply
    const [verdict] = reply
    if (verdict === 'full') return { verdict }
    if (verdict === 'taken') return { verdict, leaseLeftMs: reply[1] }
    if (verdict === 'yours') return { verdict, stamps: reply.slice(1) }
    const [, text, ttlMs, ...stamps] = reply
    return { verdict: 'filled', found: foundOf(text, ttlMs, stamps) }
  }

  async fill({ key, tags }: Place, { token, text, ttlMs, stamps, seenId }: Filling): Promise<FillResult> {
    const args = [token, text, ttlMs, stamps.join(' '), seenId, this.#channels.released, key]
    return (await this.#run(fill, this.#keys(key, tags), args)) as FillResult
  }

  /** Gives the claim back unused, if it is still held. */
  async release({ key }: Place, token: string): Promise<void> {
    await this.#run(release, [this.#leaseKey(key)], [token, this.#channels.released, key])
  }

  /** Invalidates tags, and tells all processes. @param message what they are told */
  async advance(stamps: ReadonlyMap<string, string>, message: string): Promise<void> {
    const args = [stampTtlMs, this.#channels.changed, message, ...stamps.values()]
    await this.#run(advance, this.#tagKeys([...stamps.keys()]), args)
  }

  close(): void {
    this.#redis.disconnect()
  }

  #run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return inTime(runScript(this.#redis, script, keys, args), this.#timeoutMs)
  }

  #keys(key: string, tags: readonly string[]): string[] {
    return [this.#leaseKey(key), this.#entryKey(key), ...this.#tagKeys(tags)]
  }

  #leaseKey(key: string): string {
    return `${this.#namespace}:lease:${key}`
  }

  #entryKey(key: string): string {
    return `${this.#namespace}:entry:${key}`
  }

  #tagKeys(tags: readonly string[]): string[] {
    return tags.map((tag) => `${this.#namespace}:tag:${tag}`)
  }
}
