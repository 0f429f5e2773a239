/** The log of purges in the edges' Redis: a stream that app appends to, and every edge follows. */
import { purgeLogKey, purgeLogMaxEntries } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { promptRedis, tryConnect } from '@roundtrip/redis'
import type { AppendPurge } from './product-changes.ts'

export interface PurgeLog {
  readonly append: AppendPurge
  isReachable(): boolean
  close(): void
}

const commandTimeoutMs = 2_000

/** Connects in the background. */
export const connectPurgeLog = (url: string, password: string | undefined): PurgeLog => {
  const redis = promptRedis({ url, password, commandTimeoutMs, name: 'app' })
  void tryConnect(redis)
  return {
    append: async (note) => {
      try {
        await redis.xadd(purgeLogKey, 'MAXLEN', '~', purgeLogMaxEntries, '*', 'entry', JSON.stringify(note))
      } catch (cause) {
        throw new RoundtripError('CACHE_UNAVAILABLE', 'The log of purges cannot be reached.', { cause })
      }
    },
    isReachable: () => redis.status === 'ready',
    close: () => redis.disconnect(),
  }
}
