/** Reads a log in Redis from the moment it begins to, and goes on whatever happens to Redis. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Log } from '@roundtrip/http'

export interface FollowOptions {
  readonly reader: Redis
  /** Key of the stream. */
  readonly key: string
  /** Adds an entry that says nothing. @returns its id */
  readonly mark: () => Promise<string>
  /** With the text of each entry that says something. May throw: then entries count as missed. */
  readonly onText: (text: string) => void
  /** Entries may have been missed for good. Once as it comes in, too. */
  readonly onGap: () => void
  readonly log: Log
  /** Ends it. */
  readonly signal: AbortSignal
}

/** How long Redis is left alone that is there and will not. */
const retryMs = 1000

/** Resolves when it has been ended. */
export const followEntries = async (options: FollowOptions): Promise<void> => {
  const { key, log, signal } = options
  // An entry of our own marks where we came in: while it, or a later one that we have read, is there, nothing is missing.
  let last: string | undefined
  while (!signal.aborted) {
    try {
      last = last === undefined ? await comeIn(options) : await readOn(last, options)
    } catch (error) {
      if (signal.aborted) return
      // It loads its data, is full, or is a replica now. That passes.
      log.warn({ error, key }, 'the shared log cannot be read; trying again')
      await wait(retryMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }
}

/** What was written before our mark is never read: whatever is kept by then may be older than that. */
const comeIn = async ({ mark, onGap }: FollowOptions): Promise<string> => {
  const id = await mark()
  onGap()
  return id
}

const readOn = async (last: string, options: FollowOptions): Promise<string> => {
  const { reader, key, onGap, log } = options
  const { isGap, entries } = await readAfter(reader, key, last)
  if (isGap) {
    log.warn({ key }, 'purges of other points of presence may have been missed: the cache is emptied')
    // At once, as the mark may have to wait for a connection of its own.
    onGap()
    return comeIn(options)
  }
  for (const [, text] of entries) tell(text, options)
  return entries.at(-1)?.[0] ?? last
}

const tell = (text: string, { key, onText, onGap, log }: FollowOptions): void => {
  try {
    onText(text)
  } catch (error) {
    log.error({ error, key }, 'an entry of the shared log cannot be understood: it counts as missed')
    onGap()
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
