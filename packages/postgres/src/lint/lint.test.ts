/** The lint, statement by statement: what it objects to, where, and what it lets through. */
import { describe, expect, test } from 'vitest'
import { ruleNames } from './finding.ts'
import { checkMigrations, formatFinding, lintMigrations } from './lint.ts'

const lint = async (...texts: string[]): Promise<string[]> => {
  const findings = await lintMigrations(texts.map((text, index) => ({ file: `${index + 1}.sql`, text })))
  return findings.map(({ file, line, rule }) => `${file}:${line} ${rule}`)
}

/** Each alone in its file, for a table that is in use. */
const objections: readonly (readonly [sql: string, rule: string])[] = [
  ['create index orders_name on orders (name)', 'create-index'],
  ['create unique index on only orders (name)', 'create-index'],
  ['create index concurrently orders_name on orders (name)', 'restartable'],
  ['drop index orders_name', 'drop-index'],
  ['drop index concurrently orders_name', 'restartable'],
  ['reindex table orders', 'reindex'],
  ['refresh materialized view sales', 'refresh'],
  ['alter table orders add column phone text not null', 'add-column-not-null'],
  ['alter table orders add column key uuid default gen_random_uuid()', 'add-column-rewrite'],
  ['alter table orders add column at timestamptz default clock_timestamp()', 'add-column-rewrite'],
  ['alter table orders add column n bigserial', 'add-column-rewrite'],
  ['alter table orders add column n int generated always as identity', 'add-column-rewrite'],
  ['alter table orders add column b text generated always as (lower(name)) stored', 'add-column-rewrite'],
  ['alter table orders alter column total_cents set expression as (1)', 'add-column-rewrite'],
  ['alter table orders add column phone text unique', 'unique-constraint'],
  ['alter table orders add column phone text check (phone <> $$x$$)', 'add-constraint'],
  ['alter table orders add column kind int default 1 references kinds', 'add-constraint'],
  ['alter table orders add check (total_cents > 0)', 'add-constraint'],
  ['alter table orders add foreign key (user_id) references users', 'add-constraint'],
  ['alter table orders add constraint named not null name', 'add-constraint'],
  ['alter table orders add unique (name)', 'unique-constraint'],
  ['alter table orders add primary key (id)', 'unique-constraint'],
  ['alter table orders add exclude using gist (name with =)', 'unique-constraint'],
  ['alter table orders alter column name set not null', 'set-not-null'],
  ['alter table orders alter column name type varchar(80)', 'alter-type'],
  ['alter table orders drop column name', 'drop-column'],
  ['alter table orders set unlogged', 'rewrite'],
  ['alter table orders set tablespace fast', 'rewrite'],
  ['alter table orders detach partition orders_2025', 'detach-partition'],
  ['drop table orders', 'drop'],
  ['drop table if exists orders, users cascade', 'drop'],
  ['drop view sales', 'drop'],
  ['drop schema public cascade', 'drop'],
  ['alter table orders rename to purchases', 'rename'],
  ['alter table orders rename column name to title', 'rename'],
  ['alter table orders set schema archive', 'rename'],
  [`alter type state rename value 'placed' to 'new'`, 'rename'],
  ['lock table orders', 'lock'],
  ['truncate orders', 'truncate'],
  ['vacuum full orders', 'vacuum'],
  ['cluster orders', 'vacuum'],
  ['update orders set name = upper(name)', 'whole-table'],
  ['delete from orders where true', 'whole-table'],
  ['with gone as (delete from orders returning *) select count(*) from gone', 'whole-table'],
  ['begin', 'transaction'],
  ['set local lock_timeout = 0', 'timeout'],
  ['do $$ begin drop table orders; end $$', 'opaque'],
  ['call tidy_up()', 'opaque'],
]

test.each(objections)('%s', async (sql, rule) => {
  expect(await lint(`${sql};`)).toEqual([`1.sql:1 ${rule}`])
})

test.each([
  'create index concurrently if not exists orders_name on orders (name)',
  'drop index concurrently if exists orders_name',
  'reindex (concurrently) table orders',
  'refresh materialized view concurrently sales',
  'alter table orders add column phone text',
  `alter table orders add column state text not null default 'new'::text`,
  'alter table orders add column n int default -1',
  `alter table orders add column tags text[] not null default array['a', 'b']`,
  'alter table orders add column at timestamptz not null default now()',
  'alter table orders add column at timestamptz not null default current_timestamp',
  'alter table orders add column b text generated always as (lower(name)) virtual',
  'alter table orders add column kind int references kinds',
  'alter table orders add constraint c check (total_cents > 0) not valid',
  'alter table orders add constraint c check (total_cents > 0) not enforced',
  'alter table orders add constraint u foreign key (user_id) references users not valid',
  'alter table orders add constraint n not null name not valid',
  'alter table orders validate constraint c',
  'alter table orders add constraint u unique using index orders_name',
  'alter table orders alter column name set default $$x$$, alter column name drop not null, drop constraint c',
  'alter table orders detach partition orders_2025 concurrently',
  'alter index orders_name rename to orders_title',
  'alter table orders rename constraint c to d',
  'drop trigger watch on orders',
  'analyze orders',
  'update orders set name = upper(name) where id = 7',
  `alter type state add value 'paid'`,
  `comment on table orders is 'drop table; -- update orders set name = 1'`,
  'create function f() returns int language sql as $$ delete from orders returning 1 $$',
])('nothing against: %s', async (sql) => {
  expect(await lint(sql)).toEqual([])
})

test('every rule has a case here', () => {
  const elsewhere = ['online-alone', 'write-under-lock', 'down', 'marker']
  expect(new Set([...objections.map(([, rule]) => rule), ...elsewhere])).toEqual(new Set(ruleNames))
})

describe('a table created in the same file', () => {
  test('may be built in any way', async () => {
    const sql = `create table carts (id int); create index on public.carts (id); alter table carts add check (id > 0),
      alter column id type bigint, alter column id set not null, drop column id; update carts set id = 1;
      truncate carts; lock carts; alter table carts rename to baskets; drop table carts;`
    expect(await lint(sql)).toEqual([])
  })

  test('is one in use for the next file, and so is one that may have been there', async () => {
    const index = 'create index on carts (id);'
    expect(await lint('create table carts (id int);', index)).toEqual(['2.sql:1 create-index'])
    expect(await lint(`create table if not exists carts (id int); ${index}`)).toEqual(['1.sql:1 create-index'])
    expect(await lint(`create table carts (id int); create index on shop.carts (id);`)).toEqual([
      '1.sql:1 create-index',
    ])
  })
})

describe('statements that depend on others', () => {
  test('online ones stand alone in their file', async () => {
    const index = 'create index concurrently if not exists a on orders (name);'
    expect(await lint(`${index}\nselect 1;`)).toEqual(['1.sql:1 online-alone'])
    expect(await lint(`select 1;\nalter table orders validate constraint c;`)).toEqual(['1.sql:2 online-alone'])
  })

  test('SET NOT NULL after a validated check, whichever file validated it', async () => {
    const add = 'alter table orders add constraint named check (name is not null) not valid;'
    const validate = 'alter table public.orders validate constraint named;'
    const set = 'alter table orders alter column name set not null;'
    expect(await lint(add, validate, set)).toEqual([])
    expect(await lint(add, set)).toEqual(['2.sql:1 set-not-null'])
    expect(await lint(add, validate, set.replace('name', 'email'))).toEqual(['3.sql:1 set-not-null'])
    expect(await lint(add, validate, 'alter table orders drop constraint named;', set)).toEqual([
      '4.sql:1 set-not-null',
    ])
  })

  test('rows are not changed under the lock of an ALTER TABLE', async () => {
    const sql = 'alter table users add column phone text;\nupdate orders set name = $$x$$ where id = 1;'
    expect(await lint(sql)).toEqual(['1.sql:2 write-under-lock'])
  })
})

describe('markers', () => {
  const drop = 'alter table orders drop column name;'

  test('allow one rule for one statement', async () => {
    const marked = `-- lint: allow drop-column: unused since 1.4\n${drop}`
    expect(await lint(marked)).toEqual([])
    expect(await lint(`${marked}\n${drop}`)).toEqual(['1.sql:3 drop-column'])
  })

  test('need a reason, a rule that exists, and something to allow', async () => {
    expect(await lint(`-- lint: allow drop-column\n${drop}`)).toEqual(['1.sql:2 drop-column', '1.sql:2 marker'])
    expect(await lint(`-- lint: allow drop-colum: typo\n${drop}`)).toEqual(['1.sql:2 drop-column', '1.sql:2 marker'])
    expect(await lint(`-- lint: allow drop-column: nothing\nselect 1`)).toEqual(['1.sql:2 marker'])
  })

  test('inside a string are none', async () => {
    expect(await lint(`select '\n-- lint: allow drop-column: x\n'; ${drop}`)).toEqual(['1.sql:3 drop-column'])
  })
})

test('a file that would undo itself', async () => {
  expect(await lint('-- Up Migration\nselect 1;\n-- Down Migration\nselect 2;')).toEqual(['1.sql:4 down'])
})

test('lines are those of the statement, also behind comments, strings and wide characters', async () => {
  const sql = `-- é ü 漢字; not a statement\n/* ; */ select ';\n', $x$ ; $x$;\n\n  -- why\n  drop table orders;`
  expect(await lint(sql)).toEqual(['1.sql:6 drop'])
})

test('a finding names the place, what it locks and what to do', async () => {
  const [finding] = await lintMigrations([{ file: '7_x.sql', text: 'create index a on orders (name)' }])
  expect(finding && formatFinding(finding)).toBe(
    '7_x.sql:1: create-index: no write to orders goes through while the index is built; ' +
      'use `create index concurrently if not exists`, alone in its file.',
  )
})

test('what is not SQL is said with its line; an empty file is nothing', async () => {
  await expect(lint('select 1;\n\nselec 2;')).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining('1.sql:3: syntax error at or near "selec"'),
  })
  expect(await lint('', '-- only words\n', ';;')).toEqual([])
})

test('only pending files count, and all of their findings are told at once', async () => {
  const files = ['drop table a;', 'drop table b; drop table c;'].map((text, n) => ({ file: `${n}.sql`, text }))
  expect(await checkMigrations(files, [])).toEqual([])
  await expect(checkMigrations(files, files.slice(1))).rejects.toMatchObject({
    code: 'MIGRATION_UNSAFE',
    message: expect.stringMatching(/1\.sql:1: drop: .* b,.*\n.*1\.sql:1: drop: .* c,/),
    details: { findings: [{ file: '1.sql' }, { file: '1.sql' }] },
  })
})
