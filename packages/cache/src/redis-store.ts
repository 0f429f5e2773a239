/** Entries and tag stamps in Redis. Every call ends within the command timeout, by a result or by an error. */
import { randomBytes } from 'node:crypto'
import { promptRedis, tryConnect } from '@roundtrip/redis'
import type { Redis } from 'ioredis'

export interface Found {
  readonly text: string | undefined
  readonly stamps: readonly string[]
}

export interface RedisStoreOptions {
  readonly url: string
  readonly password: string | undefined
  /** Put before every key. */
  readonly namespace: string
  readonly timeoutMs: number
}

/** Longer than any entry lives: a stamp must not vanish and leave an older entry looking fresh. */
const stampTtlMs = 24 * 60 * 60 * 1000

/** Sorts before every stamp that an invalidation sets, and equals none that was there before it was evicted. */
const firstStamp = (): string => `!${randomBytes(8).toString('base64url')}`

/** Sets each tag's stamp unless it has a later one: two invalidations may arrive in either order. */
const advance = `
for _, key in ipairs(KEYS) do
  if (redis.call('GET', key) or '') < ARGV[1] then redis.call('SET', key, ARGV[1], 'PX', ARGV[2]) end
end`

export class RedisStore {
  readonly #redis: Redis
  readonly #namespace: string

  constructor({ url, password, namespace, timeoutMs }: RedisStoreOptions) {
    this.#namespace = namespace
    this.#redis = promptRedis({ url, password, commandTimeoutMs: timeoutMs })
  }

  /** Ready after this, or trying to connect in the background (false). */
  connect(): Promise<boolean> {
    return tryConnect(this.#redis)
  }

  get isConnected(): boolean {
    return this.#redis.status === 'ready'
  }

  /** The entry's text and the stamps of the tags, which are made where there were none. */
  async find(key: string, tags: readonly string[]): Promise<Found> {
    const [text, ...stamps] = await this.#redis.mget(this.#entryKey(key), ...tags.map((tag) => this.#tagKey(tag)))
    const known = await Promise.all(tags.map(async (tag, index) => stamps[index] ?? this.#firstStampOf(tag)))
    return { text: text ?? undefined, stamps: known }
  }

  async store(key: string, text: string, ttlMs: number): Promise<void> {
    await this.#redis.set(this.#entryKey(key), text, 'PX', ttlMs)
  }

  async advance(tags: readonly string[], stamp: string): Promise<void> {
    const keys = tags.map((tag) => this.#tagKey(tag))
    await this.#redis.eval(advance, keys.length, ...keys, stamp, stampTtlMs)
  }

  close(): void {
    this.#redis.disconnect()
  }

  async #firstStampOf(tag: string): Promise<string> {
    const stamp = firstStamp()
    // NX with GET: the one before, if another process was faster.
    const before = await this.#redis.set(this.#tagKey(tag), stamp, 'PX', stampTtlMs, 'NX', 'GET')
    return before ?? stamp
  }

  #entryKey(key: string): string {
    return `${this.#namespace}:entry:${key}`
  }

  #tagKey(tag: string): string {
    return `${this.#namespace}:tag:${tag}`
  }
}
