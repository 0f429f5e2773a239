/** The recorder of plans: it sees every statement, and tells those without an index. */
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withPassword } from '../connection.ts'
import { createTestDatabase, type TestDatabase } from '../test-database.ts'
import { foreignKeysWithoutIndex, recordPlans, type PlanRecorder } from './test-plans.ts'

let fresh: TestDatabase
let client: Client
let recorder: PlanRecorder

beforeEach(async () => {
  fresh = await createTestDatabase()
  client = new Client({ connectionString: withPassword(fresh.primaryUrl, fresh.password) })
  await client.connect()
  await client.query(`
    create table people (id int primary key, name text, city text, gone boolean not null default false);
    create index on people (city);
    create index people_gone on people (id) where gone;
    create table letters (id int primary key, person int references people (id), note text);
    create table notes (person int, letter int references letters (id), by int references people (id));
    create index on notes (letter, by);
    insert into people select n, 'name ' || n, 'city ' || n % 100 from generate_series(1, 1000) as n;
    analyze people`)
  recorder = recordPlans()
})

afterEach(async () => {
  recorder.stop()
  await client.end()
  await fresh.drop()
})

/** Each statement that reads a table whole, and the table. */
const readWhole = async (): Promise<string[]> => {
  const plans = await recorder.plans(fresh)
  return plans.flatMap(({ text, fullScans }) => fullScans.map(({ table }) => `${table}: ${text}`))
}

test('statements with an index', async () => {
  await client.query('select * from people where id = $1', [7])
  await client.query({ text: 'select * from people where city = $1 order by id limit 5', values: ['city 7'] })
  await client.query({ name: 's1', text: 'select * from people order by id limit $1', values: [10] })
  await client.query('select * from people where gone order by id')
  await client.query('update people set name = $2 where id = $1', [7, 'x'])
  await client.query('begin; commit; select * from people') // No statement of work.
  await client.query('insert into letters values (1, 7)')
  expect([(await recorder.plans(fresh)).length, await readWhole()]).toEqual([6, []])
})

test.each([
  'select * from people where name = $1',
  'select * from people where name = $1 order by id limit 5',
  'select * from people where id > 0 and name = $1 order by id limit 5',
  'select count(*) from people where name <> $1',
  `update people set name = 'x' where name = $1`,
  'with them as (select id from people where name = $1) select * from letters where id in (select id from them)',
])('without one: %s', async (text) => {
  await client.query(text, ['name 7'])
  expect(await readWhole()).toEqual([`people: ${text}`])
})

test('foreign keys without one', async () => {
  expect(await foreignKeysWithoutIndex(fresh)).toEqual(['letters.person', 'notes.by'])
})
