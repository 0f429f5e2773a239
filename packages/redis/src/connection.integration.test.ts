/** Both kinds of connection to a real Redis that is cut off, falls silent, and comes back. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Redis } from 'ioredis'
import { expect, inject, it, onTestFinished } from 'vitest'
import { patientRedis, promptRedis, tryConnect } from './connection.ts'
import { watchOutages } from './outages.ts'
import { startRedisWay, type RedisWay } from './testing.ts'

const { cacheUrl, redisPassword: password } = inject('dataTier' as never) as { cacheUrl: string; redisPassword: string }

const startWay = async (): Promise<RedisWay> => {
  const way = await startRedisWay(cacheUrl)
  onTestFinished(() => way.close())
  return way
}

const closing = (redis: Redis): Redis => {
  onTestFinished(() => redis.disconnect())
  return redis
}

const random = () => 0
const prompt = ({ url }: RedisWay, silenceMs?: number) =>
  closing(promptRedis({ url, password, random, commandTimeoutMs: 30_000, ...(silenceMs && { silenceMs }) }))
const patient = ({ url }: RedisWay, silenceMs?: number) =>
  closing(patientRedis({ url, password, random, ...(silenceMs && { silenceMs }) }))

it('lets a command fail at once while it is away, when that is what is wanted', async () => {
  const way = await startWay()
  const redis = prompt(way)
  expect(await tryConnect(redis)).toBe(true)
  const waiting = redis.blpop(randomUUID(), 0)
  way.cut()
  await expect(waiting).rejects.toThrow('max retries per request')
  await expect(redis.ping()).rejects.toThrow('enableOfflineQueue')
  way.mend()
  await once(redis, 'ready')
  expect(await redis.ping()).toBe('PONG')
})

it('keeps trying in the background when the first attempt fails', async () => {
  const way = await startWay()
  way.cut()
  const redis = prompt(way)
  expect(await tryConnect(redis)).toBe(false)
  way.mend()
  await once(redis, 'ready')
})

it('gives a connection up that keeps silent, and makes another', async () => {
  const way = await startWay()
  const redis = prompt(way, 100)
  await tryConnect(redis)
  way.hold()
  await expect(redis.ping()).rejects.toThrow('max retries per request')
  await once(redis, 'ready')
  expect(await redis.ping()).toBe('PONG')
  expect(way.connections).toBe(2)
})

it('lets a command wait while it is away, and sends again what was not answered', async () => {
  const way = await startWay()
  const redis = patient(way)
  await once(redis, 'ready')
  way.cut()
  const waiting = redis.ping()
  way.mend()
  expect(await waiting).toBe('PONG')
})

it('sends on another connection what a silent one has swallowed', async () => {
  const way = await startWay()
  const redis = patient(way, 100)
  await once(redis, 'ready')
  way.hold()
  expect(await redis.ping()).toBe('PONG')
  expect(way.connections).toBe(2)
})

it('says once that it is away and once that it is back, and why', async () => {
  const way = await startWay()
  const redis = patient(way, 100)
  const lines: string[] = []
  const note = (level: string) => (_: object, message: string) => void lines.push(`${level} ${message}`)
  const outages = watchOutages(redis, 'the queue', { info: note('info'), warn: note('warn') })
  expect(outages.problem).toBe('connecting')
  await once(redis, 'ready')
  expect(outages.problem).toBeUndefined()
  way.hold()
  await redis.ping()
  expect(lines).toEqual([
    'info the queue is reachable',
    expect.stringMatching(/^warn the queue is not reachable, waiting for it: Socket timeout/),
    'info the queue is reachable',
  ])
})

it('comes as the user that the URL names', async () => {
  const admin = closing(patientRedis({ url: cacheUrl, password }))
  const [user, key] = [`user-${randomUUID()}`, randomUUID()]
  await admin.acl('SETUSER', user, 'on', '>of its own', 'resetkeys', `%W~${key}`, '-@all', '+hello', '+info', '+append')
  onTestFinished(async () => void (await admin.acl('DELUSER', user)))
  const url = cacheUrl.replace('://', `://${user}@`)
  const redis = closing(promptRedis({ url, password: 'of its own', commandTimeoutMs: 30_000 }))
  expect(await tryConnect(redis)).toBe(true)
  expect(await redis.append(key, 'a')).toBe(1)
  await expect(redis.get(key)).rejects.toThrow('NOPERM')
  await admin.del(key)
})

it('writes what is asked in one turn at once, in order', async () => {
  const redis = prompt(await startWay())
  await tryConnect(redis)
  const key = randomUUID()
  const answers = [redis.set(key, 'first'), redis.getset(key, 'second'), redis.getdel(key)]
  expect(redis.stream.writableCorked).toBe(1)
  expect(await Promise.all(answers)).toEqual(['OK', 'first', 'second'])
  expect(redis.stream.writableCorked).toBe(0)
})

it('loses nothing that was asked in the turn in which it is told to go', async () => {
  const redis = prompt(await startWay())
  await tryConnect(redis)
  const [key, answer] = [randomUUID(), redis.ping('last')]
  const kept = redis.set(key, 'kept', 'EX', 60)
  const gone = redis.quit()
  expect([await answer, await kept, await gone]).toEqual(['last', 'OK', 'OK'])
})
