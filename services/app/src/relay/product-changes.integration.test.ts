/** From a change of a product to the purge of it: none is lost, and none comes before the cache knows of the change. */
import { fileURLToPath } from 'node:url'
import type { PurgeNote } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { createDatabase, type Database, type Lsn } from '@roundtrip/postgres'
import { migrate } from '@roundtrip/postgres/migrate'
import { createTestDatabase, type TestDatabase } from '@roundtrip/postgres/test-database'
import { createLogger } from '@roundtrip/service'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { productChanges } from './product-changes.ts'
import { Relay } from './relay.ts'

const log = createLogger('app', 'product-changes-test', 'fatal')

let fresh: TestDatabase
let database: Database
let relays: Relay[] = []

beforeAll(async () => {
  fresh = await createTestDatabase()
  const { primaryUrl, password } = fresh
  await migrate({ url: primaryUrl, password, folder: fileURLToPath(new URL('../../migrations', import.meta.url)), log })
  database = createDatabase({ primaryUrl, password, log })
})

afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.close()))
  relays = []
  await database.write((tx) => tx.query('delete from products'))
  await database.write((tx) => tx.query('delete from outbox'))
})

afterAll(async () => {
  await database.close()
  await fresh.drop()
})

const run = (sql: string, values: unknown[] = []) => database.write((tx) => tx.query(sql, values))

const addProducts = (count: number) =>
  run(
    `insert into products (id, slug, name, description, price_cents, stock)
     select n, 'p-' || n, 'P', '', 100, 5 from generate_series(1, $1) as n`,
    [count],
  )

/** What waits, the oldest first. */
const waiting = async () => {
  const { value } = await database.read('strong', (queryable) =>
    queryable.query<{ payload: { ids: number[]; regroups: boolean } }>(
      "select payload from outbox where queue = 'purge' and sent_at is null order by id",
    ),
  )
  return value.map(({ payload }) => payload)
}

const noted = async (work: () => Promise<unknown>) => {
  await run('delete from outbox')
  await work()
  return waiting()
}

test('every change is noted, by whatever statement, in notes of bounded size', async () => {
  expect(await noted(() => addProducts(2))).toEqual([{ ids: [1, 2], regroups: true }])
  expect(await noted(() => run('update products set stock = stock - 1 where id = 2'))).toEqual([
    { ids: [2], regroups: false },
  ])
  for (const change of [`name = 'Q'`, 'price_cents = 99', 'deleted_at = now()']) {
    expect(await noted(() => run(`update products set ${change} where id = 1`))).toEqual([{ ids: [1], regroups: true }])
  }
  expect(await noted(() => run('delete from products where id = 2'))).toEqual([{ ids: [2], regroups: true }])
  expect(await noted(() => run('update products set stock = 0 where id = 99'))).toEqual([])
  await run('delete from products')
  expect((await noted(() => addProducts(250))).map(({ ids }) => ids.length)).toEqual([100, 100, 50])
})

test('what is rolled back is not noted', async () => {
  await addProducts(1)
  await run('delete from outbox')
  const changed = database.write(async (tx) => {
    await tx.query('update products set stock = 1')
    throw new Error('no')
  })
  await expect(changed).rejects.toThrow('no')
  expect(await waiting()).toEqual([])
})

/** A cache and a log that note what they are told, in one order. */
const listeners = ({ deaf = 0, away = 0 } = {}) => {
  const heard: string[] = []
  const notes: PurgeNote[] = []
  const stamps: Lsn[] = []
  return {
    heard,
    notes,
    stamps,
    cache: {
      invalidate: async (tags: readonly string[], stamp: Lsn) => {
        heard.push(`cache ${tags.join(' ')}`)
        stamps.push(stamp)
        return deaf-- <= 0
      },
    },
    append: async (note: PurgeNote) => {
      heard.push(`edges ${note.command.surrogateKeys.join(' ')}`)
      if (away-- > 0) throw new RoundtripError('CACHE_UNAVAILABLE')
      notes.push(note)
    },
  }
}

const relayTo = (queue: ReturnType<typeof productChanges>): Relay => {
  const relay = new Relay({ database, queue, intervalMs: 5, log })
  relays.push(relay)
  return relay
}

const sent = () => expect.poll(waiting).toEqual([])

test('the cache is told before the edges, with a position that covers the change', async () => {
  const told = listeners()
  await addProducts(2)
  const { lsn } = await run('update products set stock = 0 where id = 2')
  relayTo(productChanges(told)).start()
  await sent()
  expect(told.heard).toEqual(['cache products product:1 product:2', 'edges product-1 product-2 product-lists'])
  expect(told.stamps.every((stamp) => stamp >= lsn)).toBe(true)
})

test('while the cache does not hear, edges are told again and again, the last time after it has', async () => {
  const told = listeners({ deaf: 2 })
  await addProducts(1)
  relayTo(productChanges(told)).start()
  await sent()
  const once = ['cache products product:1', 'edges product-1 product-lists']
  expect(told.heard).toEqual([...once, ...once, ...once])
  expect(told.notes.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
})

test('while the log is away changes wait for it', async () => {
  const told = listeners({ away: 3 })
  await addProducts(1)
  relayTo(productChanges(told)).start()
  await sent()
  expect(told.notes.map(({ command }) => command.surrogateKeys)).toEqual([['product-1', 'product-lists']])
})

test('of two relays each change has one, and senders are told apart', async () => {
  const told = listeners()
  await addProducts(1)
  for (let n = 0; n < 50; n++) await run('update products set stock = stock + 1')
  for (const destination of [productChanges(told), productChanges(told)]) relayTo(destination).start()
  await sent()
  const bySender = Map.groupBy(told.notes, ({ from }) => from)
  for (const notes of bySender.values())
    expect(notes.map(({ sequence }) => sequence)).toEqual(notes.map((_, n) => n + 1))
})

test('without edges to tell, the cache is told', async () => {
  const { cache, heard } = listeners()
  await addProducts(1)
  relayTo(productChanges({ cache, append: undefined })).start()
  await sent()
  expect(heard).toEqual(['cache products product:1'])
})
