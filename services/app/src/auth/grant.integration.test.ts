/** Roles and tokens from the command line: what the process prints, and what it refuses. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createDatabase, type Database } from '@roundtrip/postgres'
import { migrate } from '@roundtrip/postgres/migrate'
import { createTestDatabase, type TestDatabase } from '@roundtrip/postgres/test-database'
import { createLogger } from '@roundtrip/service'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addAccount } from '../testing/accounts.ts'
import type { Role } from './account.ts'
import { findByEmail, setRole } from './accounts.ts'
import { findBearer } from './token-store.ts'
import { isToken } from './tokens.ts'

const log = createLogger('app', 'grant-test', 'fatal')
const main = fileURLToPath(new URL('../grant.ts', import.meta.url))

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

interface Ended {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

const grant = (args: string[], env: Record<string, string> = {}): Promise<Ended> => {
  const own = { APP_PRIMARY_URL: fresh.primaryUrl, APP_DATABASE_PASSWORD: fresh.password, ...env }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...args], { env: own }, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

const bearerOf = async (token: string) =>
  (await database.read('strong', (queryable) => findBearer(queryable, token.trim()))).value

const roleOf = async (email: string): Promise<Role | undefined> =>
  (await database.read('strong', (queryable) => findByEmail(queryable, email))).value?.role

test('a token of staff for an hour is printed, and nothing else', async () => {
  const { status, stdout, stderr } = await grant([])
  expect([status, stderr, isToken(stdout.trim())]).toEqual([0, '', true])
  expect(await bearerOf(stdout)).toMatchObject({ account: { role: 'staff' }, scopes: ['shop', 'catalogue'] })
})

test('tools of one role share an account, and nobody can sign in to it', async () => {
  const [first, second] = [await grant(['--role', 'admin', '--hours', '0.5']), await grant(['--role', 'admin'])]
  const bearers = [await bearerOf(first.stdout), await bearerOf(second.stdout)]
  expect(bearers[0]?.account).toEqual(bearers[1]?.account)
  expect(bearers[0]).toMatchObject({ account: { role: 'admin' }, scopes: ['shop', 'catalogue', 'accounts'] })
  const { value } = await database.read('strong', (queryable) => findByEmail(queryable, 'admin@tools.invalid'))
  expect(value?.passwordHash).toBeNull()
})

test('an account is promoted, and never demoted', async () => {
  const { email } = await addAccount(database)
  expect((await grant(['--email', email.toUpperCase(), '--role', 'admin'])).status).toBe(0)
  expect(await roleOf(email)).toBe('admin')
  const refused = await grant(['--email', email, '--role', 'staff'])
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('only an admin takes roles away')])
  expect(await roleOf(email)).toBe('admin')
})

test('a role that an admin took from the tools stays away', async () => {
  const tools = (await bearerOf((await grant(['--role', 'customer'])).stdout))?.account.id ?? ''
  await database.write((tx) => setRole(tx, tools, 'staff'))
  expect((await grant(['--role', 'customer'])).status).toBe(2)
})

test.each([
  ['an unknown role', ['--role', 'boss'], {}, 2, '--role is one of customer, staff, admin'],
  ['hours that are none', ['--hours', 'long'], {}, 2, '--hours is a number'],
  ['more than a year', ['--hours', '9000'], {}, 2, '--hours is a number'],
  ['an unknown option', ['--rôle'], {}, 2, "Unknown option '--rôle'"],
  ['an account that is not there', ['--email', 'nobody@example.com'], {}, 2, 'it has to be opened first'],
  ['settings that are missing', [], { APP_PRIMARY_URL: '' }, 78, 'APP_PRIMARY_URL is not set'],
] as const)('%s: it says so', async (_, args, env, status, sentence) => {
  const ended = await grant([...args], env)
  expect([ended.status, ended.stdout]).toEqual([status, ''])
  expect(ended.stderr).toContain(sentence)
})
