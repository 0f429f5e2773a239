/** For tests only: databases inside the shared Redis that no other test file has while it runs. */
import { dataTier } from '@roundtrip/postgres/test-database'
import { Redis } from 'ioredis'

export interface OwnRedis {
  readonly cacheUrl: string
  readonly queueUrl: string
  readonly redisPassword: string
}

/** Redis has sixteen of them; `vitest.config.ts` has fewer workers. */
const mostDatabases = 16

/** Empty. Numbered by the place among vitest's workers: whoever had it before has ended. @throws Error outside vitest */
export const ownRedis = async (): Promise<OwnRedis> => {
  // oxlint-disable-next-line node/no-process-env -- vitest says it nowhere else
  const place = Number(process.env['VITEST_POOL_ID'])
  if (!(place > 0 && place < mostDatabases)) throw new Error(`Redis has no database for worker ${place} of vitest.`)
  const { cacheUrl, queueUrl, redisPassword } = dataTier()
  const own = { cacheUrl: `${cacheUrl}/${place}`, queueUrl: `${queueUrl}/${place}`, redisPassword }
  for (const url of [own.cacheUrl, own.queueUrl]) await empty(url, redisPassword)
  return own
}

const empty = async (url: string, password: string): Promise<void> => {
  const redis = new Redis(url, { password })
  await redis.flushdb()
  redis.disconnect()
}
