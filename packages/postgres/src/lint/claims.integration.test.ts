/** What the lint says of a statement is what Postgres does: how it locks the table, whether it reads or rewrites it. */
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withPassword } from '../connection.ts'
import { createTestDatabase, type TestDatabase } from '../test-database.ts'
import { lintMigrations } from './lint.ts'

let fresh: TestDatabase
let client: Client

beforeAll(async () => {
  fresh = await createTestDatabase()
  client = new Client({ connectionString: withPassword(fresh.primaryUrl, fresh.password) })
  await client.connect()
  await client.query(`
    create table kinds (id int primary key);
    insert into kinds values (1);
    create table orders (id int primary key, name text, email text, total int, kind int,
      doubled int generated always as (total * 2) stored,
      constraint email_known check (email is not null));
    alter table orders add constraint total_known check (total > 0) not valid,
      add constraint name_known not null name not valid,
      add constraint kind_known foreign key (kind) references kinds not valid;
    insert into orders (id, name, email, total, kind) select n, 'n', 'e', n, 1 from generate_series(1, 100) as n;
    create unique index orders_name on orders (id, name);
    analyze orders`)
})

afterAll(async () => {
  await client.end()
  await fresh.drop()
})

interface Effect {
  /** What the statement is not compatible with. */
  readonly stops: 'reads and writes' | 'writes' | 'nothing'
  /** How much of the table it goes through. */
  readonly work: 'rewritten' | 'read' | 'none'
}

const stops: Readonly<Record<string, Effect['stops']>> = {
  AccessExclusiveLock: 'reads and writes',
  ShareRowExclusiveLock: 'writes',
  ShareLock: 'writes',
  ShareUpdateExclusiveLock: 'nothing',
}

interface State {
  readonly file: string
  readonly scans: number
  readonly modes: readonly string[]
}

const state = async (): Promise<State> => {
  const { rows } = await client.query<State>(
    `select pg_relation_filenode('orders')::text as file,
       (select seq_scan::int from pg_stat_xact_user_tables where relname = 'orders') as scans,
       array(select mode from pg_locks where pid = pg_backend_pid() and relation = 'orders'::regclass) as modes`,
  )
  const [row] = rows
  if (row === undefined) throw new Error('select returned no row')
  return row
}

/** Runs it in a transaction that is rolled back, and looks from inside. */
const effectOf = async (statement: string): Promise<Effect> => {
  await client.query('begin')
  try {
    const before = await state()
    await client.query(statement)
    const after = await state()
    const strongest = Object.keys(stops).find((mode) => after.modes.includes(mode))
    const read = after.scans > before.scans ? 'read' : 'none'
    return { stops: stops[strongest ?? ''] ?? 'nothing', work: after.file === before.file ? read : 'rewritten' }
  } finally {
    await client.query('rollback')
  }
}

const rulesAgainst = async (statement: string): Promise<string[]> => {
  // What earlier files have made true: the check on email is valid.
  const texts = [
    'alter table orders add constraint email_known check (email is not null) not valid',
    'alter table orders validate constraint email_known',
    statement,
  ]
  const findings = await lintMigrations(texts.map((text, index) => ({ file: `${index}`, text })))
  return findings.map(({ rule }) => rule)
}

test.each([
  'alter table orders add column k uuid default gen_random_uuid()',
  'alter table orders add column k timestamptz default clock_timestamp()',
  'alter table orders add column k bigserial',
  'alter table orders add column k int generated always as identity',
  'alter table orders add column k int generated always as (total + 1) stored',
  'alter table orders alter column doubled set expression as (total * 3)',
  'alter table orders alter column kind type bigint',
  'alter table orders set unlogged',
])('rewritten, and objected to: %s', async (statement) => {
  expect(await effectOf(statement)).toEqual({ stops: 'reads and writes', work: 'rewritten' })
  expect(await rulesAgainst(statement)).toHaveLength(1)
})

test.each([
  'alter table orders add column k int check (k > 0)',
  'alter table orders add column k int default 1 references kinds',
  'alter table orders add column k int unique',
  'alter table orders add check (total > 0)',
  'alter table orders add constraint k not null kind',
  'alter table orders alter column kind set not null',
  'alter table orders add unique (name, id)',
])('read while nobody else may, and objected to: %s', async (statement) => {
  expect(await effectOf(statement)).toEqual({ stops: 'reads and writes', work: 'read' })
  expect(await rulesAgainst(statement)).toHaveLength(1)
})

test.each(['create index on orders (kind)', 'alter table orders add foreign key (kind) references kinds'])(
  'read while nobody may write, and objected to: %s',
  async (statement) => {
    expect(await effectOf(statement)).toEqual({ stops: 'writes', work: 'read' })
    expect(await rulesAgainst(statement)).toHaveLength(1)
  },
)

test.each([
  'alter table orders add column k text',
  `alter table orders add column k text not null default 'new'::text`,
  'alter table orders add column k int[] not null default array[1, 2]',
  'alter table orders add column k timestamptz not null default now()',
  'alter table orders add column k timestamptz not null default statement_timestamp()',
  'alter table orders add column k date not null default current_date',
  'alter table orders add column k int generated always as (total + 1) virtual',
  'alter table orders add column k int references kinds',
  'alter table orders add constraint k check (total > 0) not valid',
  'alter table orders add constraint k check (total > 0) not enforced',
  'alter table orders add constraint k foreign key (kind) references kinds not valid',
  'alter table orders add constraint k not null kind not valid',
  'alter table orders alter column email set not null',
  'alter table orders add constraint k unique using index orders_name',
])('over at once, and fine: %s', async (statement) => {
  expect(await effectOf(statement)).toMatchObject({ work: 'none' })
  expect(await rulesAgainst(statement)).toEqual([])
})

test.each(['total_known', 'name_known', 'kind_known'])('%s is validated while others read and write', async (name) => {
  const statement = `alter table orders validate constraint ${name}`
  expect(await effectOf(statement)).toEqual({ stops: 'nothing', work: 'read' })
  expect(await rulesAgainst(statement)).toEqual([])
})
