/** The recorder of plans: it sees every statement, and tells those without an index. */
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withPassword } from '../connection.ts'
import { createTestDatabase, type TestDatabase } from '../test-database.ts'
import { recordPlans, type PlanRecorder } from './test-plans.ts'

let fresh: TestDatabase
let client: Client
let recorder: PlanRecorder

const connect = async (): Promise<Client> => {
  const connected = new Client({ connectionString: withPassword(fresh.primaryUrl, fresh.password) })
  await connected.connect()
  return connected
}

beforeAll(async () => {
  fresh = await createTestDatabase()
  const setup = await connect()
  await setup.query(`
    create table people (id int primary key, name text, city text, gone boolean not null default false);
    create index on people (city);
    create index people_gone on people (id) where gone;
    create table letters (id int primary key, person int references people (id), note text);
    create table notes (person int, letter int references letters (id), by int references people (id));
    create index on notes (letter, by);
    insert into people select n, 'name ' || n, 'city ' || n % 100 from generate_series(1, 1000) as n;
    analyze people`)
  await setup.end()
  recorder = await recordPlans(fresh)
  client = await connect()
})

afterAll(async () => {
  recorder.stop()
  await client.end()
  await fresh.drop()
})

/** What is read whole by the statement, and by those that it causes. */
const readWhole = async (text: string, values: unknown[] = []): Promise<string[]> => {
  const before = new Set(recorder.plans())
  await client.query(text, values)
  const after = recorder.plans().filter((plan) => !before.has(plan))
  expect(after).not.toEqual([])
  return after.flatMap((plan) => plan.fullScans.map(({ table }) => table))
}

test('statements with an index', async () => {
  expect(await readWhole('select * from people where id = $1', [7])).toEqual([])
  expect(await readWhole('select * from people where city = $1 order by id limit 5', ['city 7'])).toEqual([])
  expect(await readWhole('select * from people order by id limit $1', [10])).toEqual([])
  expect(await readWhole('select * from people where gone order by id')).toEqual([])
  expect(await readWhole('update people set name = $2 where id = $1', [7, 'x'])).toEqual([])
  expect(await readWhole('insert into letters values (1, 7)')).toEqual([])
})

test('statements without one', async () => {
  expect(await readWhole('select * from people where name = $1', ['name 7'])).toEqual(['people'])
  expect(await readWhole('select * from people where name = $1 order by id limit 5', ['name 7'])).toEqual(['people'])
  expect(await readWhole('select count(*) from people')).toEqual(['people'])
  expect(await readWhole('update people set name = $1 where name = $2', ['x', 'y'])).toEqual(['people'])
})

test('what a foreign key does by itself', async () => {
  expect(await readWhole('delete from people where id = $1', [8])).toEqual(['letters', 'notes'])
  expect(await recorder.foreignKeysWithoutIndex()).toEqual(['letters.person', 'notes.by'])
})
