/** A log in Redis (a stream) that every point of presence writes to and follows, so that a purge at one reaches all. */
import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Log } from '@roundtrip/http'

export interface SharedLogOptions<Entry> {
  readonly url: string
  readonly password: string | undefined
  /** Key of the stream. */
  readonly key: string
  /** Each entry of the others and of this process, in one order for all. */
  readonly onEntry: (entry: Entry) => void
  /** Entries may have been missed for good: the log was lost, or is shorter than the time we were away. */
  readonly onGap: () => void
  readonly log: Log
}

export interface SharedLog<Entry> {
  /** Resolves when the log holds it; keeps trying while Redis is away, so that nothing is lost but by our own end. */
  append(entry: Entry): Promise<void>
  readonly isConnected: boolean
  close(): void
}

/** Entries kept; those who were away for longer purge everything. */
const maxEntries = 10_000
/** Milliseconds. */
const retryMs = 1000

const connectTo = ({ url, password, key }: Pick<SharedLogOptions<never>, 'url' | 'password' | 'key'>): Redis => {
  const redis = new Redis(url, {
    ...(password !== undefined && { password }),
    connectionName: key,
    // Commands wait for the connection as long as it takes: an entry may come late, but may not be lost.
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2000),
  })
  // Told by the state of the connection; unheard, the event would end the process.
  redis.on('error', () => undefined)
  return redis
}

export const followSharedLog = <Entry>(options: SharedLogOptions<Entry>): SharedLog<Entry> => {
  const { key, log } = options
  const writer = connectTo(options)
  const reader = connectTo(options)
  const closing = new AbortController()
  const append = async (entry: Entry | undefined): Promise<string> =>
    (await writer.xadd(key, 'MAXLEN', '~', maxEntries, '*', 'entry', JSON.stringify(entry ?? null))) ?? ''
  const tell = (text: string): void => {
    try {
      const entry = JSON.parse(text) as Entry | null
      if (entry !== null) options.onEntry(entry)
    } catch (error) {
      log.error({ error, key }, 'an entry of the shared log cannot be understood: it counts as missed')
      options.onGap()
    }
  }
  const readOn = async (last: string): Promise<string> => {
    const { isGap, entries } = await readAfter(reader, key, last)
    if (isGap) {
      log.warn({ key }, 'purges of other points of presence may have been missed: the cache is emptied')
      options.onGap()
      return append(undefined)
    }
    for (const [, text] of entries) tell(text)
    return entries.at(-1)?.[0] ?? last
  }
  const follow = async (): Promise<void> => {
    // An entry of our own marks where we came in: while it, or a later one that we have read, is there, nothing is missing.
    let last: string | undefined
    while (!closing.signal.aborted) {
      try {
        last = last === undefined ? await append(undefined) : await readOn(last)
      } catch (error) {
        if (closing.signal.aborted) return
        // Redis is there and will not: it loads its data, is full, or is a replica now. That passes.
        log.warn({ error, key }, 'the shared log cannot be read; trying again')
        await wait(retryMs, undefined, { signal: closing.signal, ref: false }).catch(() => undefined)
      }
    }
  }
  void follow()
  return {
    append: async (entry) => void (await append(entry)),
    get isConnected() {
      return reader.status === 'ready' && writer.status === 'ready'
    },
    close: () => {
      closing.abort()
      writer.disconnect()
      reader.disconnect()
    },
  }
}

/** Longest wait for an entry, in milliseconds: how late a loss of the log is noticed when nobody writes. */
const blockMs = 5000

interface ReadResult {
  readonly isGap: boolean
  readonly entries: readonly (readonly [id: string, text: string])[]
}

/** Waits for entries after the last one read, and sees that that one is still there. */
const readAfter = async (reader: Redis, key: string, last: string): Promise<ReadResult> => {
  const found = await reader.xread('COUNT', 1000, 'BLOCK', blockMs, 'STREAMS', key, last)
  const known = await reader.xrange(key, last, last)
  if (known.length === 0) return { isGap: true, entries: [] }
  const [[, entries] = ['', []]] = found ?? []
  return { isGap: false, entries: entries.map(([id, [, text = 'null']]) => [id, text] as const) }
}
