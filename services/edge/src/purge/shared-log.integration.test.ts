import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { expect, inject, it, onTestFinished } from 'vitest'
import { recordingLog } from '../testing/test-edge.ts'
import { followSharedLog, type SharedLog } from './shared-log.ts'

const { cacheUrl, redisPassword } = inject('dataTier' as never) as { cacheUrl: string; redisPassword: string }

interface Follower {
  readonly sharedLog: SharedLog<string>
  readonly seen: string[]
}

const follow = (key: string): Follower => {
  const seen: string[] = []
  const sharedLog = followSharedLog<string>({
    url: cacheUrl,
    password: redisPassword,
    key,
    onEntry: (entry) => void seen.push(entry),
    onGap: () => void seen.push('gap'),
    log: recordingLog().log,
  })
  onTestFinished(() => sharedLog.close())
  return { sharedLog, seen }
}

const connect = (): Redis => {
  const redis = new Redis(cacheUrl, { password: redisPassword })
  onTestFinished(() => redis.disconnect())
  return redis
}

const joined = (redis: Redis, key: string, followers: number) => expect.poll(() => redis.xlen(key)).toBe(followers)

/** Connections go by the key of their log. */
const breakConnections = async (redis: Redis, key: string): Promise<void> => {
  const lines = String(await redis.call('CLIENT', 'LIST'))
    .split('\n')
    .filter((line) => line.includes(`name=${key}`))
  for (const line of lines) await redis.call('CLIENT', 'KILL', 'ID', /\bid=(\d+)/.exec(line)?.[1] ?? '')
  expect(lines).toHaveLength(2)
}

it('tells everybody the same in the same order, from when they came', async () => {
  const key = `test:${randomUUID()}`
  const redis = connect()
  const first = follow(key)
  await joined(redis, key, 1)
  await first.sharedLog.append('a')
  const second = follow(key)
  await joined(redis, key, 3)
  await Promise.all([first.sharedLog.append('b'), second.sharedLog.append('c')])
  await expect.poll(() => [first.seen.length, second.seen.length]).toEqual([3, 2])
  expect(first.seen.slice(1)).toEqual(second.seen)
})

it('goes on where it was when its connection breaks', async () => {
  const key = `test:${randomUUID()}`
  const redis = connect()
  const { sharedLog, seen } = follow(key)
  await joined(redis, key, 1)
  await breakConnections(redis, key)
  await redis.xadd(key, '*', 'entry', JSON.stringify('written meanwhile'))
  await sharedLog.append('after')
  await expect.poll(() => seen).toEqual(['written meanwhile', 'after'])
})

it('says so when entries may be missing for good', async () => {
  const key = `test:${randomUUID()}`
  const redis = connect()
  const { sharedLog, seen } = follow(key)
  await joined(redis, key, 1)
  await sharedLog.append('a')
  await expect.poll(() => seen).toEqual(['a'])
  await redis.xtrim(key, 'MAXLEN', 0)
  await sharedLog.append('b')
  await expect.poll(() => seen).toContain('gap')
  await sharedLog.append('c')
  await expect.poll(() => seen.at(-1)).toBe('c')
})

it('takes an entry that nobody understands for one that was missed', async () => {
  const key = `test:${randomUUID()}`
  const redis = connect()
  const { sharedLog, seen } = follow(key)
  await joined(redis, key, 1)
  await redis.xadd(key, '*', 'entry', '{')
  await sharedLog.append('after')
  await expect.poll(() => seen).toEqual(['gap', 'after'])
})

it('goes on when Redis would not for a while', async () => {
  const key = `test:${randomUUID()}`
  const redis = connect()
  await redis.set(key, 'no log')
  const { sharedLog, seen } = follow(key)
  await expect(sharedLog.append('lost')).rejects.toThrow('WRONGTYPE')
  await redis.del(key)
  await expect.poll(() => redis.xlen(key), { timeout: 5000 }).toBe(1)
  await sharedLog.append('after')
  await expect.poll(() => seen).toEqual(['after'])
})
