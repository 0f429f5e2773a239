/** Read/write split against a real primary and a real streaming replica, with the line to each cut on purpose. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createDatabase, type Database } from './database.ts'
import type { DatabaseOptions } from './database-options.ts'
import { toLsn } from './lsn.ts'
import { lsnOf } from './position.ts'
import type { Queryable } from './queryable.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'
import { TestProxy } from './test-proxy.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {} }

let fresh: TestDatabase
let primaryProxy: TestProxy
let replicaProxy: TestProxy
const open: Database[] = []

const connect = (options: Partial<DatabaseOptions> = {}): Database => {
  const database = createDatabase({
    primaryUrl: primaryProxy.url,
    replicaUrls: [replicaProxy.url],
    password: fresh.password,
    log,
    connectTimeoutMs: 500,
    ...options,
  })
  open.push(database)
  return database
}

const one = (queryable: Queryable) => queryable.query<{ one: number }>('select 1 as one')
const own = (queryable: Queryable) => queryable.query("select from marks where mark = 'own'")
const touch = (tx: Queryable, mark: string) => tx.query('update marks set mark = mark where mark = $1', [mark])
const count = (queryable: Queryable) =>
  queryable.query<{ n: number }>('select count(*)::int as n from marks').then(([row]) => row?.n)

const flushedTo = (queryable: Queryable) => queryable.query<{ at: string }>('select pg_current_wal_flush_lsn() as at')

beforeAll(async () => {
  fresh = await createTestDatabase()
  primaryProxy = await TestProxy.to(fresh.primaryUrl)
  replicaProxy = await TestProxy.to(fresh.replicaUrl)
  await connect().write((tx) => tx.query('create table marks (id int generated always as identity, mark text unique)'))
  await fresh.replicated()
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((database) => database.close()))
  primaryProxy.thaw()
  replicaProxy.thaw()
  primaryProxy.onSent = undefined
  await Promise.all([primaryProxy.up(), replicaProxy.up()])
})

afterAll(async () => {
  await Promise.all([primaryProxy.down(), replicaProxy.down()])
  await fresh.drop()
})

describe('reads', () => {
  test('go to the replica', async () => {
    expect(await connect().read('eventual', one)).toEqual({ value: [{ one: 1 }], node: 'replica-1' })
  })

  test('go to the primary when there is no replica, and cannot write there', async () => {
    const database = connect({ replicaUrls: [] })
    expect((await database.read('eventual', one)).node).toBe('primary')
    await expect(
      database.read('eventual', (q) => q.query("insert into marks (mark) values ('x')")),
    ).rejects.toMatchObject({
      code: '25006',
    })
  })

  test('fall back when the replica refuses, without an error, and return when it is back', async () => {
    const backAgain = Promise.withResolvers<void>()
    const database = connect({
      log: { ...log, info: () => backAgain.resolve() },
      wait: () => sleep(20),
    })
    expect((await database.read('eventual', one)).node).toBe('replica-1')
    await replicaProxy.down()
    const nodes = await Promise.all(Array.from({ length: 20 }, async () => (await database.read('eventual', one)).node))
    expect(new Set(nodes)).toEqual(new Set(['primary']))
    expect((await database.health()).nodes).toEqual({ primary: 'ok', 'replica-1': 'ejected' })
    await replicaProxy.up()
    await backAgain.promise
    expect((await database.read('eventual', one)).node).toBe('replica-1')
  })

  test('survive a replica that dies in the middle of a query', async () => {
    const database = connect()
    const { value, node } = await database.read('eventual', async (queryable) => {
      const [row] = await queryable.query<{ replica: boolean }>('select pg_is_in_recovery() as replica')
      if (row?.replica) await replicaProxy.down()
      return one(queryable)
    })
    expect({ value, node }).toEqual({ value: [{ one: 1 }], node: 'primary' })
  })

  test('survive a replica that hangs', async () => {
    const database = connect({ readTimeoutMs: 200, wait: () => new Promise(() => {}) })
    await database.read('eventual', one)
    replicaProxy.freeze()
    expect((await database.read('eventual', one)).node).toBe('primary')
  })

  test('use the primary, once, while the replica has not replayed what is asked for', async () => {
    const database = connect()
    const { lsn } = await database.write((tx) => tx.query("insert into marks (mark) values ('seen')"))
    await fresh.replicated()
    expect((await database.read({ session: lsn }, one)).node).toBe('replica-1')
    expect((await database.read({ session: 'FFFFFFFFFFFFFFFF' }, one)).node).toBe('primary')
    expect((await database.read('eventual', one)).node).toBe('replica-1')
    expect((await database.read('strong', one)).node).toBe('primary')
  })

  test('an error of the work itself is passed on and tried nowhere else', async () => {
    let runs = 0
    const broken = async () => {
      runs++
      throw new Error('own mistake')
    }
    await expect(connect().read('eventual', broken)).rejects.toThrow('own mistake')
    expect(runs).toBe(1)
  })

  test('a slow statement is stopped and is not repeated on the primary', async () => {
    let runs = 0
    const slow = (queryable: Queryable) => {
      runs++
      return queryable.query('select pg_sleep(30)')
    }
    await expect(connect({ readTimeoutMs: 50 }).read('eventual', slow)).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    })
    expect(runs).toBe(1)
  })

  test('end in DATABASE_UNAVAILABLE when no node is left', async () => {
    await Promise.all([primaryProxy.down(), replicaProxy.down()])
    const database = connect()
    await expect(database.read('eventual', one)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', status: 503 })
    expect(await database.health()).toMatchObject({
      reachable: false,
      nodes: { primary: 'unreachable', 'replica-1': 'ejected' },
    })
  })

  test('a node whose connections are all at work is not ejected', async () => {
    const database = connect({ poolMax: 1 })
    const held = Promise.withResolvers<void>()
    const holding = Promise.withResolvers<void>()
    const holder = database.read('eventual', () => {
      holding.resolve()
      return held.promise
    })
    await holding.promise
    expect((await database.read('eventual', one)).node).toBe('primary')
    expect((await database.health()).nodes).toEqual({ primary: 'ok', 'replica-1': 'ok' })
    held.resolve()
    await holder
  })

  test('that a server never answers do not keep the database from being closed', async () => {
    const database = connect({ replicaUrls: [], readTimeoutMs: 600_000 })
    await database.read('eventual', one)
    const sent = Promise.withResolvers<void>()
    primaryProxy.onSent = (chunk) => {
      if (!chunk.includes('never answered')) return
      primaryProxy.freeze()
      sent.resolve()
    }
    const read = database.read('eventual', (q) => q.query('select 1 /* never answered */'))
    await Promise.all([
      expect(read).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' }),
      sent.promise.then(() => database.close()),
    ])
  })

  test('that hang do not keep the database from being closed', async () => {
    const database = connect()
    const held = Promise.withResolvers<void>()
    const holding = Promise.withResolvers<void>()
    const holder = database.read('eventual', () => {
      holding.resolve()
      return held.promise
    })
    await holding.promise
    await expect(database.close()).resolves.toBeUndefined()
    held.resolve()
    await holder
  })
})

describe('writes', () => {
  test('are seen by reads within them, and by nobody once they have ended otherwise', async () => {
    const database = connect()
    let afterwards: Promise<unknown> = Promise.resolve()
    const ended = Promise.withResolvers<void>()
    const write = database.write(async (tx) => {
      await tx.query("insert into marks (mark) values ('own')")
      expect((await database.read('eventual', own)).value).toHaveLength(1)
      afterwards = ended.promise.then(async () => (await database.read('strong', own)).value)
      throw new Error('changed my mind')
    })
    await expect(write).rejects.toThrow('changed my mind')
    ended.resolve()
    expect(await afterwards).toEqual([])
  })

  test('begin neither after their deadline nor when called off', async () => {
    const database = connect()
    let runs = 0
    const work = async () => void runs++
    const late = { deadlineMs: performance.now() }
    await expect(database.write(work, late)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    await expect(database.read('eventual', work, late)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    await expect(database.write(work, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone')
    expect(runs).toBe(0)
  })

  test('are all or nothing', async () => {
    const database = connect()
    const before = (await database.read('strong', count)).value
    const half = database.write(async (tx) => {
      await tx.query("insert into marks (mark) values ('half')")
      throw new Error('changed my mind')
    })
    await expect(half).rejects.toThrow('changed my mind')
    expect((await database.read('strong', count)).value).toBe(before)
  })

  test('that hid an error inside are not reported as saved', async () => {
    const hiding = connect().write((tx) => tx.query('select nonsense').catch(() => 'hidden'))
    await expect(hiding).rejects.toThrow('rolled back')
  })

  test('end at a position that is flushed, so that replicas get there whatever others have in hand', async () => {
    const [busy, database] = [connect(), connect()]
    const begun = Promise.withResolvers<void>()
    const enough = new AbortController()
    const inHand = busy.write(async (tx) => {
      while (!enough.signal.aborted) {
        await tx.query('insert into marks (mark) select gen_random_uuid()::text from generate_series(1, 100)')
        begun.resolve()
      }
      throw new Error('enough')
    })
    await begun.promise
    const notFlushed: string[] = []
    for (let round = 0; round < 30; round++) {
      const { lsn } = await database.write((tx) => tx.query('insert into marks (mark) values ($1)', [`round ${round}`]))
      const { value } = await database.read('strong', flushedTo)
      if (lsnOf(lsn) > toLsn(value[0]?.at ?? '0/0')) notFlushed.push(lsn)
    }
    enough.abort()
    await expect(inHand).rejects.toThrow('enough')
    expect(notFlushed).toEqual([])
  })

  test('go on with the replica gone, and end in DATABASE_UNAVAILABLE with the primary gone', async () => {
    const database = connect()
    await replicaProxy.down()
    expect((await database.write(one)).node).toBe('primary')
    await primaryProxy.down()
    await expect(database.write(one)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  })

  test('fail soon when the primary hangs, however many there are, and go on when it is back', async () => {
    const database = connect({ writeTimeoutMs: 100, poolWaitMs: 100 })
    await database.write(one)
    primaryProxy.freeze()
    const writes = await Promise.allSettled(Array.from({ length: 200 }, () => database.write(one)))
    const codes = new Set(writes.map((result) => (result.status === 'rejected' ? result.reason.code : 'written')))
    expect(codes.difference(new Set(['DATABASE_UNAVAILABLE', 'DATABASE_BUSY']))).toEqual(new Set())
    while ((await database.health()).nodes['primary'] !== 'unreachable');
    await expect(database.write(one)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    expect((await database.read('eventual', one)).node).toBe('replica-1')
    primaryProxy.thaw()
    while ((await database.health()).nodes['primary'] !== 'ok');
    expect((await database.write(one)).node).toBe('primary')
  })

  test('whose COMMIT got no answer are of unknown outcome, and are not sent again', async () => {
    const database = connect()
    let runs = 0
    const commitSent = Promise.withResolvers<void>()
    primaryProxy.onSent = (chunk) => {
      if (!chunk.includes('commit;')) return
      primaryProxy.freeze()
      commitSent.resolve()
    }
    const write = database.write(async (tx) => {
      runs++
      return tx.query("insert into marks (mark) values ('unsure')")
    })
    await Promise.all([
      expect(write).rejects.toMatchObject({ code: 'WRITE_OUTCOME_UNKNOWN', retryable: false }),
      commitSent.promise.then(() => primaryProxy.down()),
    ])
    expect(runs).toBe(1)
  })

  test('that deadlock are run again', async () => {
    const database = connect()
    await database.write((tx) => tx.query("insert into marks (mark) values ('left'), ('right')"))
    const bothHold = Promise.withResolvers<void>()
    const oneIsThrough = Promise.withResolvers<void>()
    let holding = 0
    const inOrder = async (first: string, second: string) => {
      await database.write(async (tx) => {
        // Rows are free as soon as one is rolled back: were it run again before the other has taken them, they would meet again.
        if (holding === 2) await oneIsThrough.promise
        await touch(tx, first)
        if (++holding === 2) bothHold.resolve()
        await bothHold.promise
        await touch(tx, second)
      })
      oneIsThrough.resolve()
    }
    await Promise.all([inOrder('left', 'right'), inOrder('right', 'left')])
    expect(holding).toBe(3)
  })
})
