/** What processes tell each other through Redis: which tags were invalidated, and which keys are no longer being loaded. */
import { promptRedis, tryConnect } from '@roundtrip/redis'
import type { Redis } from 'ioredis'

export interface Channels {
  readonly changed: string
  readonly released: string
}

/** @param redis whose numbered database is part of the names: unlike keys, channels are the same in all of them */
export const channelsOf = (namespace: string, { options: { db = 0 } }: Redis): Channels => ({
  changed: `${namespace}:${db}:changed`,
  released: `${namespace}:${db}:released`,
})

/** An invalidation as it is told to other processes. */
export interface Change {
  /** The process that tells. */
  readonly from: string
  /** Tag and stamp. */
  readonly stamps: readonly (readonly [string, string])[]
}

/** @returns undefined for what this version does not understand: then all may have changed */
export const changeIn = (message: string): Change | undefined => {
  try {
    const change = JSON.parse(message) as Partial<Change> | null
    const isChange =
      typeof change?.from === 'string' &&
      Array.isArray(change.stamps) &&
      change.stamps.every((pair: unknown) => Array.isArray(pair) && pair.every((part) => typeof part === 'string'))
    return isChange ? (change as Change) : undefined
  } catch {
    return undefined
  }
}

export interface ListenerOptions {
  readonly url: string
  readonly password: string | undefined
  readonly namespace: string
  readonly onChange: (change: Change) => void
  /** Listening again: changes may have been missed. */
  readonly onGap: () => void
}

const commandTimeoutMs = 1_000
/** Between two signs of life: a connection that is dead without a word must be noticed. */
const pingMs = 5_000

export class Listener {
  readonly #redis: Redis
  readonly #options: ListenerOptions
  readonly #channels: Channels
  readonly #waiting = new Map<string, Set<() => void>>()
  #pings: NodeJS.Timeout | undefined
  #subscribing: Promise<void> | undefined

  constructor(options: ListenerOptions) {
    const { url, password, namespace, onGap } = options
    this.#options = options
    this.#redis = promptRedis({ url, password, commandTimeoutMs })
    // Subscribing again is done below: should ioredis' own try fail, nobody would catch that, and the process would end.
    this.#redis.options.autoResubscribe = false
    this.#channels = channelsOf(namespace, this.#redis)
    this.#redis.on('message', (channel, message) => this.#hear(channel, message))
    this.#redis.on('ready', () => {
      const { changed, released } = this.#channels
      this.#subscribing = this.#redis.subscribe(changed, released).then(onGap, () => this.#redis.disconnect(true))
    })
  }

  /** Listening after this, or trying to in the background (false). */
  async connect(): Promise<boolean> {
    this.#pings ??= setInterval(() => void this.#redis.ping().catch(() => {}), pingMs).unref()
    const isReached = await tryConnect(this.#redis)
    await this.#subscribing
    return isReached
  }

  /** Resolves when the key is no longer being loaded, at the latest after `ms`. Hearing of it is not certain. */
  released(key: string, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(key) ?? new Set()
      this.#waiting.set(key, waiting)
      const end = (): void => {
        clearTimeout(timer)
        waiting.delete(end)
        if (waiting.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key)
        resolve()
      }
      const timer = setTimeout(end, ms)
      waiting.add(end)
    })
  }

  close(): void {
    clearInterval(this.#pings)
    this.#redis.disconnect()
    for (const waiting of this.#waiting.values()) for (const end of waiting) end()
  }

  #hear(channel: string, message: string): void {
    if (channel === this.#channels.changed) {
      const change = changeIn(message)
      if (change === undefined) this.#options.onGap()
      else this.#options.onChange(change)
    } else for (const end of this.#waiting.get(message) ?? []) end()
  }
}
