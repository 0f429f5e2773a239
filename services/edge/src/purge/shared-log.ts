/** A log in Redis (a stream) that every point of presence writes to and follows, so that a purge at one reaches all. */
import { purgeLogMaxEntries } from '@roundtrip/contracts'
import type { Log } from '@roundtrip/http'
import { patientRedis, watchOutages } from '@roundtrip/redis'
import { followEntries } from './follow-entries.ts'

export interface SharedLogOptions<Entry> {
  readonly url: string
  readonly password: string | undefined
  /** Key of the stream. */
  readonly key: string
  /** Each entry of the others and of this process, in one order for all. */
  readonly onEntry: (entry: Entry) => void
  /** Entries may have been missed for good: the log was lost, or is shorter than the time we were away. Once as it comes in, too. */
  readonly onGap: () => void
  readonly log: Log
}

export interface SharedLog<Entry> {
  /** Resolves when the log holds it; keeps trying while Redis is away, so that nothing is lost but by our own end. */
  append(entry: Entry): Promise<void>
  readonly isConnected: boolean
  close(): void
}

export const followSharedLog = <Entry>(options: SharedLogOptions<Entry>): SharedLog<Entry> => {
  const { url, password, key, log } = options
  // Both wait for Redis: an entry may come late, or twice, but may not be lost.
  const writer = patientRedis({ url, password, name: key })
  const reader = patientRedis({ url, password, name: key })
  watchOutages(reader, 'the log of purges', log)
  const closing = new AbortController()
  const append = async (entry: Entry | undefined): Promise<string> =>
    (await writer.xadd(key, 'MAXLEN', '~', purgeLogMaxEntries, '*', 'entry', JSON.stringify(entry ?? null))) ?? ''
  void followEntries({
    reader,
    key,
    log,
    mark: () => append(undefined),
    onText: (text) => {
      const entry = JSON.parse(text) as Entry | null
      if (entry !== null) options.onEntry(entry)
    },
    onGap: options.onGap,
    signal: closing.signal,
  })
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
