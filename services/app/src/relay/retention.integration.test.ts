/** What is too old goes, batch by batch; everything else stays. The clock is Postgres': the rows are made older instead. */
import { fileURLToPath } from 'node:url'
import { createDatabase, type Database } from '@roundtrip/postgres'
import { migrate } from '@roundtrip/postgres/migrate'
import { createTestDatabase, type TestDatabase } from '@roundtrip/postgres/test-database'
import { createLogger } from '@roundtrip/service'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Retention } from './retention.ts'

const log = createLogger('app', 'retention-test', 'fatal')

let fresh: TestDatabase
let database: Database

beforeAll(async () => {
  fresh = await createTestDatabase()
  const { primaryUrl, password } = fresh
  await migrate({ url: primaryUrl, password, folder: fileURLToPath(new URL('../../migrations', import.meta.url)), log })
  database = createDatabase({ primaryUrl, password, log })
})

afterAll(async () => {
  await database.close()
  await fresh.drop()
})

beforeEach(async () => {
  await database.write(async (tx) => {
    await tx.query('delete from outbox')
    await tx.query('delete from idempotency_keys')
  })
})

const addMails = (name: string, sentAt: string, count: number) =>
  database.write((tx) =>
    tx.query(
      `insert into outbox (queue, name, payload, created_at, sent_at)
       select 'mail', $1, '{}', now() - interval '1 year', ${sentAt} from generate_series(1, $2)`,
      [name, count],
    ),
  )

const addKeys = (name: string, createdAt: string, count: number) =>
  database.write((tx) =>
    tx.query(
      `insert into idempotency_keys (key, request_hash, response, created_at)
       select $1 || n, '', '{}', ${createdAt} from generate_series(1, $2::int) as n`,
      [name, count],
    ),
  )

const left = async (): Promise<Record<string, number>> => {
  const { value } = await database.read('strong', (queryable) =>
    queryable.query<{ name: string; n: number }>(
      `select name, count(*)::int as n from outbox group by name union all
       select trim(key, '0123456789'), count(*)::int from idempotency_keys group by 1`,
    ),
  )
  return Object.fromEntries(value.map(({ name, n }) => [name, n]))
}

const fill = async (): Promise<void> => {
  await addMails('old', `now() - interval '61 minutes'`, 25)
  await addMails('recent', `now() - interval '59 minutes'`, 3)
  await addMails('unsent', 'null', 4)
  await addKeys('old-key-', `now() - interval '24 hours 1 minute'`, 25)
  await addKeys('recent-key-', `now() - interval '23 hours 59 minutes'`, 5)
}
const kept = { recent: 3, unsent: 4, 'recent-key-': 5 }

test('mails go an hour after they were sent, keys after a day; however many', async () => {
  await fill()
  await new Retention({ database, log, batchSize: 10 }).removeOld()
  expect(await left()).toEqual(kept)
})

test('several instances do not wait for each other', async () => {
  await fill()
  const instances = Array.from({ length: 3 }, () => new Retention({ database, log, batchSize: 10 }))
  await Promise.all(instances.map((retention) => retention.removeOld()))
  // What one has locked the others take for gone: then it is left to the next look.
  await instances[0]?.removeOld()
  expect(await left()).toEqual(kept)
})

test('a failure is told of, and tried again; closing ends it', async () => {
  const failed = Promise.withResolvers<void>()
  const again = Promise.withResolvers<void>()
  let runs = 0
  const flaky = {
    write: (work: Parameters<Database['write']>[0]) => {
      if (++runs === 1) return Promise.reject(new Error('gone'))
      again.resolve()
      return database.write(work)
    },
  } as unknown as Database
  await fill()
  const retention = new Retention({ database: flaky, log: { warn: () => failed.resolve() }, intervalMs: 1 })
  retention.start()
  await failed.promise
  await again.promise
  await retention.close()
  const before = runs
  await retention.removeOld()
  expect(runs).toBe(before)
})
