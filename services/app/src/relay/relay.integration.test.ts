/** The outbox against a real Postgres: nothing is lost, nothing is published twice. */
import { fileURLToPath } from 'node:url'
import { RoundtripError } from '@roundtrip/errors'
import { createDatabase, type Database } from '@roundtrip/postgres'
import { migrate } from '@roundtrip/postgres/migrate'
import { createTestDatabase, type TestDatabase } from '@roundtrip/postgres/test-database'
import { createLogger } from '@roundtrip/service'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockUnsent } from '../shop/outbox.ts'
import type { JobQueue } from './mail-queue.ts'
import { Relay } from './relay.ts'

const log = createLogger('app', 'relay-test', 'fatal')
const rows = 250

let fresh: TestDatabase
let database: Database

beforeEach(async () => {
  fresh = await createTestDatabase()
  const { primaryUrl, password } = fresh
  await migrate({ url: primaryUrl, password, folder: fileURLToPath(new URL('../../migrations', import.meta.url)), log })
  database = createDatabase({ primaryUrl, password, log })
  await database.write((tx) =>
    tx.query(`insert into outbox (queue, name, payload) select 'mail', 'n', '{}' from generate_series(1, $1)`, [rows]),
  )
})

afterEach(async () => {
  await database.close()
  await fresh.drop()
})

const unsent = async (): Promise<number | undefined> => {
  const { value } = await database.read('eventual', (queryable) =>
    queryable.query<{ n: number }>('select count(*)::int as n from outbox where sent_at is null'),
  )
  return value[0]?.n
}

/** A queue that notes job ids, and fails as often as told. */
const notingQueue = (failures = 0) => {
  const published: string[] = []
  const tried = Promise.withResolvers<void>()
  let left = failures
  const queue: JobQueue = {
    name: 'mail',
    publish: async (jobs) => {
      if (left-- > 0) throw new RoundtripError('QUEUE_UNAVAILABLE')
      published.push(...jobs.map(({ jobId }) => jobId))
      if (published.length >= rows) tried.resolve()
    },
    isReachable: () => true,
    close: async () => {},
  }
  return { queue, published, allPublished: tried.promise }
}

test('two relays share the work: each row once, in batches', async () => {
  const { queue, published, allPublished } = notingQueue()
  const relays = [new Relay({ database, queue, log }), new Relay({ database, queue, log })]
  for (const relay of relays) relay.start()
  await allPublished
  await Promise.all(relays.map((relay) => relay.close()))
  expect([published.length, new Set(published).size]).toEqual([rows, rows])
  expect(await unsent()).toBe(0)
})

test('what the queue did not take stays, and is published by a later look', async () => {
  const { queue, published, allPublished } = notingQueue(1)
  const failed = Promise.withResolvers<void>()
  const relay = new Relay({ database, queue, log: { info: () => {}, warn: () => failed.resolve() } })
  relay.nudge()
  await failed.promise
  expect([published.length, await unsent()]).toEqual([0, rows])
  relay.nudge()
  await allPublished
  await relay.close()
  expect(await unsent()).toBe(0)
})

test('rows that another transaction holds keep nobody from the rest', async () => {
  const { queue, published } = notingQueue()
  const done = Promise.withResolvers<void>()
  const counting = {
    ...queue,
    publish: async (jobs: Parameters<JobQueue['publish']>[0]) => {
      await queue.publish(jobs)
      if (published.length === rows - 1) done.resolve()
    },
  }
  const relay = new Relay({ database, queue: counting, log })
  await database.write(async (tx) => {
    await lockUnsent(tx, 'mail', 1)
    relay.nudge()
    await done.promise
  })
  await relay.close()
  expect(await unsent()).toBe(1)
})

test('a nudge in the middle of a look leads to another one', async () => {
  await database.write((tx) => tx.query('delete from outbox where id > 1'))
  const started = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const second = Promise.withResolvers<void>()
  let calls = 0
  const queue: JobQueue = {
    ...notingQueue().queue,
    publish: async () => {
      if (++calls === 2) return second.resolve()
      started.resolve()
      return gate.promise
    },
  }
  const relay = new Relay({ database, queue, log })
  relay.nudge()
  await started.promise
  await database.write((tx) => tx.query(`insert into outbox (queue, name, payload) values ('mail', 'n', '{}')`))
  relay.nudge()
  gate.resolve()
  await second.promise
  await relay.close()
  expect(await unsent()).toBe(0)
})

test('after closing no nudge is heard', async () => {
  const { queue, published } = notingQueue()
  const relay = new Relay({ database, queue, log })
  await relay.close()
  relay.nudge()
  await relay.close()
  expect([published.length, await unsent()]).toEqual([0, rows])
})

test('where changes are many, those that come during a look wait for the next, which is not at once', async () => {
  const started = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const { queue, published } = notingQueue()
  const slow: JobQueue = {
    ...queue,
    publish: async (jobs, ...rest) => {
      started.resolve()
      await gate.promise
      return queue.publish(jobs, ...rest)
    },
  }
  await database.write((tx) => tx.query('delete from outbox where id > 1'))
  const relay = new Relay({ database, queue: slow, gapMs: 600_000, log })
  relay.nudge()
  await started.promise
  await database.write((tx) => tx.query(`insert into outbox (queue, name, payload) values ('mail', 'n', '{}')`))
  relay.nudge()
  gate.resolve()
  await expect.poll(unsent).toBe(1)
  await relay.close()
  expect([published.length, await unsent()]).toEqual([1, 1])
})
