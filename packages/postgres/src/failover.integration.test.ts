/** Replicas that lag, a primary that dies, a promotion, and a former primary that returns: on a pair of its own. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createDatabase, type Database } from './database.ts'
import type { DatabaseOptions } from './database-options.ts'
import { findPrimary } from './find-primary.ts'
import { fromLsn, toLsn } from './lsn.ts'
import { lsnOf, type Position } from './position.ts'
import type { Queryable } from './queryable.ts'
import { TestProxy } from './test-proxy.ts'
import { startOwnPair, type OwnPair } from './test-own-pair.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {} }

let pair: OwnPair
const open: Database[] = []

const connect = (options: Partial<DatabaseOptions> = {}): Database => {
  const { primaryUrl, replicaUrl, password } = pair
  const database = createDatabase({ primaryUrl, replicaUrls: [replicaUrl], password, log: quiet, ...options })
  open.push(database)
  return database
}

const insert = (n: number) => (tx: Queryable) => tx.query('insert into numbers values ($1)', [n])
const find = (n: number) => (queryable: Queryable) => queryable.query('select from numbers where n = $1', [n])

beforeAll(async () => {
  pair = await startOwnPair()
  await connect().write((tx) => tx.query('create table numbers (n int primary key)'))
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((database) => database.close()))
})

afterAll(() => pair.stop())

test('a session sees its own writes while replay is paused, and everybody else stays on the replica', async () => {
  const [writer, reader] = [connect(), connect()]
  await writer.read({ session: (await writer.write(insert(-1))).lsn }, find(-1))
  await pair.ask(pair.replicaUrl, 'select pg_wal_replay_pause()')
  const others: string[] = []
  for (let n = 0; n < 100; n++) {
    const { lsn } = await writer.write(insert(n))
    const own = await reader.read({ session: lsn }, find(n))
    expect([own.value.length, own.node]).toEqual([1, 'primary'])
    others.push((await reader.read('eventual', find(-1))).node)
  }
  expect(new Set(others)).toEqual(new Set(['replica-1']))
  await pair.ask(pair.replicaUrl, 'select pg_wal_replay_resume()')
})

test('who has read it does not read what was before, whoever has written it', async () => {
  const [writer, reader] = [connect(), connect()]
  const begun = (await writer.write(insert(800))).lsn
  const telling = { tellsPosition: true }
  const fromReplica = await reader.read({ session: begun }, find(800), telling)
  expect([fromReplica.node, fromReplica.seen?.slice(0, 8)]).toEqual(['replica-1', begun.slice(0, 8)])
  expect((fromReplica.seen ?? '') >= begun).toBe(true)
  expect(await reader.read({ session: begun }, find(800))).not.toHaveProperty('seen')

  await pair.ask(pair.replicaUrl, 'select pg_wal_replay_pause()')
  const { lsn } = await writer.write(insert(801)) // By somebody else.
  for (const consistency of ['strong', { session: lsn }] as const) {
    const { value, seen } = await reader.read(consistency, find(801), telling)
    expect([value.length, (seen ?? '') >= lsn]).toEqual([1, true])
    expect((await reader.read({ session: seen }, find(801))).node).toBe('primary')
  }
  const behind = await reader.read({ session: begun }, find(801), telling)
  expect([behind.node, behind.value.length, (behind.seen ?? '') < lsn]).toEqual(['replica-1', 0, true])
  await pair.ask(pair.replicaUrl, 'select pg_wal_replay_resume()')
  while ((await reader.read({ session: lsn }, find(801))).node !== 'replica-1');
})

test('what is being replayed while it is read counts as seen', async () => {
  const [writer, reader] = [connect(), connect()]
  const { lsn } = await writer.write(insert(810))
  while ((await reader.read({ session: lsn }, find(810))).node !== 'replica-1');
  await pair.ask(pair.replicaUrl, 'select pg_wal_replay_pause()')
  await writer.write(insert(811))
  const received = 'select pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn() as yes'
  while ((await askReplica(received))[0]?.yes !== true);
  const [row] = await pair.ask<{ replayed: string }>(pair.replicaUrl, 'select pg_last_wal_replay_lsn() as replayed')
  const { node, seen = '' } = await reader.read({ session: lsn }, find(811), { tellsPosition: true })
  expect([node, BigInt(`0x${lsnOf(seen)}`)]).toEqual(['replica-1', BigInt(`0x${toLsn(row?.replayed ?? '')}`) + 1n])
  // Nobody who has not got past that record answers any more.
  expect((await reader.read({ session: seen }, find(811))).node).toBe('primary')
  await pair.ask(pair.replicaUrl, 'select pg_wal_replay_resume()')
  while ((await reader.read({ session: seen }, find(811))).node !== 'replica-1');
})

test('a read within a write tells no position: the write has its own', async () => {
  const database = connect()
  const { value } = await database.write(async (tx) => {
    await insert(820)(tx)
    return database.read('strong', find(820), { tellsPosition: true })
  })
  expect([value.value.length, value.seen]).toEqual([1, undefined])
})

test('a read of a session waits for the replica to get there', async () => {
  const database = connect({ sessionWaitMs: 20_000 })
  await database.read('eventual', find(0))
  await pair.ask(pair.replicaUrl, 'select pg_wal_replay_pause()')
  const { lsn } = await database.write(insert(1_000))
  let asked = 0
  const read = database.read({ session: lsn }, async (queryable) => {
    asked++
    return find(1_000)(queryable)
  })
  await pair.ask(pair.replicaUrl, 'select pg_wal_replay_resume()')
  const { value, node } = await read
  expect([value.length, node, asked]).toEqual([1, 'replica-1', 1])
})

test('a replica too far behind gets reads again when it has caught up, or when nobody else is left', async () => {
  const line = await TestProxy.to(pair.primaryUrl)
  const database = connect({ primaryUrl: line.url, maxLagBytes: 0 })
  const replicaIs = async (state: string): Promise<void> => {
    while ((await database.health()).nodes['replica-1'] !== state);
  }
  await pair.ask(pair.replicaUrl, 'select pg_wal_replay_pause()')
  const { lsn } = await database.write(insert(1_500))
  await replicaIs('lagging')
  expect((await database.read('eventual', find(0))).node).toBe('primary')

  await line.down()
  expect((await database.read('eventual', find(0))).node).toBe('replica-1')
  await expect(database.read({ session: lsn }, find(0))).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })

  await line.up()
  await pair.ask(pair.replicaUrl, 'select pg_wal_replay_resume()')
  await replicaIs('ok')
  expect((await database.read({ session: lsn }, find(1_500))).node).toBe('replica-1')
  await database.close()
  await line.down()
})

const insertMany = (tx: Queryable) => tx.query('insert into numbers select generate_series(-100000, -1000)')

const askReplica = (question: string) => pair.ask<{ yes: boolean }>(pair.replicaUrl, question)

/** Writes what the replica, which has all up to `position`, will never get. */
const loseBehind = async <T>(position: Position, write: () => Promise<T>): Promise<T> => {
  const until = async (question: string): Promise<void> => {
    while ((await askReplica(`select ${question} as yes`))[0]?.yes !== true);
  }
  await until(`pg_last_wal_replay_lsn() >= '${fromLsn(lsnOf(position))}'`)
  await askReplica(`alter system set primary_conninfo = ''`)
  await askReplica('select pg_reload_conf()')
  await until('not exists (select from pg_stat_wal_receiver)')
  return write()
}

test('the primary dies: reads go on, writes fail at once, the promoted one is found, the former one is fenced', async () => {
  const database = connect()
  const { lsn } = await database.write(insert(2_000))
  await database.read({ session: lsn }, find(2_000))
  const lost = await loseBehind(lsn, () => database.write(insertMany))
  await pair.killPrimary()

  const refused = await Promise.allSettled(Array.from({ length: 1_000 }, (_, n) => database.write(insert(3_000 + n))))
  expect(new Set(refused.map((result) => (result.status === 'rejected' ? result.reason.code : 'written')))).toEqual(
    new Set(['DATABASE_UNAVAILABLE']),
  )
  await expect(database.write(insert(2_001))).rejects.toMatchObject({ details: { retryAfterSeconds: 1 } })
  expect((await database.read('eventual', find(2_000))).node).toBe('replica-1')
  expect((await database.read({ session: lsn }, find(2_000))).value).toHaveLength(1)
  await expect(database.read('strong', find(2_000))).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  expect((await database.health()).nodes).toEqual({ primary: 'unreachable', 'replica-1': 'ok' })

  await pair.promoteReplica()
  while ((await database.health()).primary !== 'replica-1');
  const written = await database.write(insert(2_002))
  expect(written.node).toBe('replica-1')
  // The log is shorter than it was, and yet nothing that was kept under the lost position passes for what is now.
  expect(lsnOf(written.lsn) < lsnOf(lost.lsn)).toBe(true)
  expect(written.lsn > lost.lsn).toBe(true)
  expect(await database.read({ session: written.lsn }, find(2_002))).toMatchObject({ node: 'replica-1', value: [{}] })

  await pair.startPrimary()
  const late = connect()
  for (const each of [database, late]) {
    expect((await each.health()).nodes).toEqual({ primary: 'fenced', 'replica-1': 'promoted' })
    expect((await each.write(insert(each === late ? 2_003 : 2_004))).node).toBe('replica-1')
    expect((await each.read('eventual', find(2_002))).node).toBe('replica-1')
    expect((await each.read('strong', find(2_002))).node).toBe('replica-1')
  }
  expect(await pair.ask(pair.primaryUrl, 'select n from numbers where n > 2000')).toEqual([])
  expect(await findPrimary([pair.primaryUrl, pair.replicaUrl], pair.password)).toBe(pair.replicaUrl)
  await pair.killPrimary()
  expect(await findPrimary([pair.primaryUrl], pair.password)).toBe(pair.primaryUrl)
})
