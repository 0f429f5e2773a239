/** Sessions in a real Redis: what is stored, when they end, and what happens when Redis is away. */
import { startRedisWay, type RedisWay } from '@roundtrip/redis/testing'
import { createLogger } from '@roundtrip/service'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ownRedis } from '../testing/own-redis.ts'
import { sessionName } from './session-id.ts'
import { Sessions } from './sessions.ts'

const log = createLogger('app', 'sessions-test', 'fatal')
const hourMs = 3_600_000
const minuteMs = 60_000

let way: RedisWay
let redis: Redis
let sessions: Sessions
let nowMs = 1_800_000_000_000

beforeAll(async () => {
  const { queueUrl, redisPassword: password } = await ownRedis()
  way = await startRedisWay(queueUrl)
  redis = new Redis(queueUrl, { password })
  sessions = new Sessions({ url: way.url, password, log, clock: () => nowMs })
  await sessions.connect()
})
afterAll(() => {
  sessions.close()
  redis.disconnect()
  way.close()
})

const account = (id: string) => ({ id, role: 'customer' as const })
const keyOf = (id: string): string => `session:${sessionName(id)}`

test('the id is 256 random bits, and in no store', async () => {
  const id = await sessions.begin(account('1'), 'a browser')
  expect(Buffer.from(id, 'base64url')).toHaveLength(32)
  expect(await sessions.begin(account('1'), 'a browser')).not.toBe(id)
  for (const key of await redis.keys('*')) {
    const value = (await redis.type(key)) === 'zset' ? await redis.zrange(key, '0', '-1') : await redis.get(key)
    expect(JSON.stringify([key, value])).not.toContain(id)
  }
})

test('a session ends 30 minutes after its last request', async () => {
  const id = await sessions.begin(account('2'), 'a browser')
  await redis.pexpire(keyOf(id), minuteMs)
  expect(await sessions.find(id)).toEqual({ account: account('2'), name: sessionName(id) })
  const leftMs = await redis.pttl(keyOf(id))
  expect(leftMs > 29 * minuteMs && leftMs <= 30 * minuteMs).toBe(true)
  await redis.pexpire(keyOf(id), 0)
  expect(await sessions.find(id)).toBeUndefined()
  expect(await sessions.list('2')).toEqual([])
})

test('however busy, it ends after 12 hours', async () => {
  const id = await sessions.begin(account('3'), 'a browser')
  nowMs += 12 * hourMs - 1
  expect(await sessions.find(id)).toBeDefined()
  expect(await sessions.list('3')).toHaveLength(1)
  nowMs += 1
  expect(await sessions.list('3')).toEqual([])
  expect(await sessions.find(id)).toBeUndefined()
  expect(await redis.exists(keyOf(id))).toBe(0)
})

test('nobody has more than 20: the oldest ends', async () => {
  const ids: string[] = []
  for (let n = 0; n < 22; n++) {
    nowMs += 1
    ids.push(await sessions.begin(account('4'), `browser ${n}`))
  }
  const alive = await Promise.all(ids.map(async (id) => (await sessions.find(id)) !== undefined))
  expect(alive).toEqual([false, false, ...Array<boolean>(20).fill(true)])
  expect((await sessions.list('4')).map(({ agent }) => agent)).toEqual(
    Array.from({ length: 20 }, (_, n) => `browser ${21 - n}`),
  )
})

test('one that Redis did not take is none', async () => {
  await redis.set('sessions-of:8', 'not a list')
  await expect(sessions.begin(account('8'), 'a browser')).rejects.toMatchObject({ code: 'AUTH_UNAVAILABLE' })
})

test('all of an account end at once, and nobody else’s', async () => {
  const [mine, theirs] = [await sessions.begin(account('5'), 'a'), await sessions.begin(account('6'), 'b')]
  await sessions.endAll('5')
  expect(await sessions.find(mine)).toBeUndefined()
  expect(await sessions.find(theirs)).toBeDefined()
  expect(await sessions.end('5', sessionName(theirs))).toBe(false)
  expect(await sessions.find(theirs)).toBeDefined()
})

test('what cannot be an id is not asked for', async () => {
  const unreachable = new Sessions({ url: 'redis://127.0.0.1:1', log })
  for (const text of ['', 'x', 'a'.repeat(44), `${'a'.repeat(42)}*`]) {
    expect(await unreachable.find(text)).toBeUndefined()
  }
  await expect(unreachable.find('a'.repeat(43))).rejects.toMatchObject({ code: 'AUTH_UNAVAILABLE' })
})

test('without Redis nobody is anybody, and that is said; with it again, all are who they were', async () => {
  const id = await sessions.begin(account('7'), 'a browser')
  way.cut()
  await expect(sessions.find(id)).rejects.toMatchObject({ code: 'AUTH_UNAVAILABLE', status: 503 })
  await expect(sessions.begin(account('7'), 'a browser')).rejects.toMatchObject({ code: 'AUTH_UNAVAILABLE' })
  way.mend()
  await expect.poll(() => sessions.find(id).catch(() => undefined)).toMatchObject({ account: account('7') })
})
