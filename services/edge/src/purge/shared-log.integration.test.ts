import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { expect, inject, it, onTestFinished } from 'vitest'
import { recordingLog } from '../testing/test-edge.ts'
import { followEntries } from './follow-entries.ts'
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

/** Whoever comes in takes it that something was missed before. */
const cameIn = async ({ seen }: Follower): Promise<void> => {
  await expect.poll(() => seen).toEqual(['gap'])
  seen.length = 0
}

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
  const first = follow(key)
  await cameIn(first)
  await first.sharedLog.append('a')
  const second = follow(key)
  await cameIn(second)
  await Promise.all([first.sharedLog.append('b'), second.sharedLog.append('c')])
  await expect.poll(() => [first.seen.length, second.seen.length]).toEqual([3, 2])
  expect(first.seen.slice(1)).toEqual(second.seen)
})

it('goes on where it was when its connection breaks', async () => {
  const key = `test:${randomUUID()}`
  const redis = connect()
  const follower = follow(key)
  const { sharedLog, seen } = follower
  await cameIn(follower)
  await breakConnections(redis, key)
  await redis.xadd(key, '*', 'entry', JSON.stringify('written meanwhile'))
  await sharedLog.append('after')
  await expect.poll(() => seen).toEqual(['written meanwhile', 'after'])
})

it('says so when entries may be missing for good', async () => {
  const key = `test:${randomUUID()}`
  const redis = connect()
  const follower = follow(key)
  const { sharedLog, seen } = follower
  await cameIn(follower)
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
  const follower = follow(key)
  const { sharedLog, seen } = follower
  await cameIn(follower)
  await redis.xadd(key, '*', 'entry', '{')
  await sharedLog.append('after')
  await expect.poll(() => seen).toEqual(['gap', 'after'])
})

it('goes on when Redis would not for a while', async () => {
  const key = `test:${randomUUID()}`
  const redis = connect()
  await redis.set(key, 'no log')
  const follower = follow(key)
  const { sharedLog, seen } = follower
  await expect(sharedLog.append('lost')).rejects.toThrow('WRONGTYPE')
  await redis.del(key)
  await expect.poll(() => redis.xlen(key), { timeout: 5000 }).toBe(1)
  await cameIn(follower)
  await sharedLog.append('after')
  await expect.poll(() => seen).toEqual(['after'])
})

it('takes what was written before it comes in again for missed, however long that takes', async () => {
  const key = `test:${randomUUID()}`
  const [redis, reader] = [connect(), connect()]
  const seen: string[] = []
  const held = Promise.withResolvers<void>()
  let marks = 0
  const mark = async (): Promise<string> => {
    if (++marks === 2) await held.promise
    return (await redis.xadd(key, '*', 'entry', 'null')) ?? ''
  }
  const ending = new AbortController()
  onTestFinished(() => ending.abort())
  void followEntries({
    reader,
    key,
    mark,
    onText: (text) => void (text !== 'null' && seen.push(text)),
    onGap: () => void seen.push('gap'),
    log: recordingLog().log,
    signal: ending.signal,
  })
  await expect.poll(() => seen).toEqual(['gap'])
  await redis.xadd(key, '*', 'entry', 'a')
  await redis.xtrim(key, 'MAXLEN', 0)
  await redis.xadd(key, '*', 'entry', 'b')
  await expect.poll(() => marks).toBe(2)
  seen.length = 0
  await redis.xadd(key, '*', 'entry', 'before the mark')
  held.resolve()
  await expect.poll(() => seen).toEqual(['gap'])
  await redis.xadd(key, '*', 'entry', 'behind it')
  await expect.poll(() => seen).toEqual(['gap', 'behind it'])
})
