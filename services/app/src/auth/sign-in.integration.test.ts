/** Signing in against what could go wrong meanwhile: what it costs, who overtakes whom, and neighbours that are away. */
import { fileURLToPath } from 'node:url'
import { createDatabase, type Database } from '@roundtrip/postgres'
import { migrate } from '@roundtrip/postgres/migrate'
import { createTestDatabase, type TestDatabase } from '@roundtrip/postgres/test-database'
import { startRedisWay, type RedisWay } from '@roundtrip/redis/testing'
import { createLogger } from '@roundtrip/service'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keysFrom } from '../http/keys.ts'
import { addAccount, addToken } from '../testing/accounts.ts'
import { ownRedis } from '../testing/own-redis.ts'
import { ownSettings, testSecret } from '../testing/settings.ts'
import { newVisit } from '../testing/visit.ts'
import { setPasswordHash } from './accounts.ts'
import { createAuth, type Auth } from './auth.ts'
import { PasswordHashes } from './password-hash.ts'
import { changePassword, signIn, type Caller } from './sign-in.ts'

const log = createLogger('app', 'sign-in-test', 'fatal')
const newPassword = 'five quiet herons wade'

let fresh: TestDatabase
let database: Database
let way: RedisWay
let auth: Auth
let mails = 0

beforeAll(async () => {
  const { cacheUrl, queueUrl, redisPassword } = await ownRedis()
  fresh = await createTestDatabase()
  const { primaryUrl, password } = fresh
  await migrate({ url: primaryUrl, password, folder: fileURLToPath(new URL('../../migrations', import.meta.url)), log })
  database = createDatabase({ primaryUrl, password, log })
  way = await startRedisWay(queueUrl)
  const urls = { cacheUrl, queueUrl: way.url, redisPassword }
  auth = createAuth({ settings: { ...ownSettings, ...urls }, database, mailWaits: () => mails++, log })
  await auth.connect()
})
afterAll(async () => {
  auth.close()
  way.close()
  await database.close()
  await fresh.drop()
})

const caller = (client = '192.0.2.1'): Caller => ({
  client,
  agent: 'a test',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
})

/** How many passwords were hashed for it, and what came of it. */
const costOf = async (work: () => Promise<unknown>): Promise<[number, string]> => {
  const before = auth.hashes.computed
  const outcome = await work().then(
    () => 'done',
    (error: { code: string }) => error.code,
  )
  return [auth.hashes.computed - before, outcome]
}

const attempt = (email: string, password: string, client?: string) =>
  costOf(() => signIn(auth, { email, password }, caller(client), newVisit()))

describe('an attempt', () => {
  test('costs one hash, whoever it is', async () => {
    const account = await addAccount(database)
    await addToken(database, 'staff')
    expect(await attempt(account.email, account.password)).toEqual([1, 'done'])
    expect(await attempt(account.email, 'wrong')).toEqual([1, 'CREDENTIALS_WRONG'])
    expect(await attempt('nobody@example.com', 'wrong')).toEqual([1, 'CREDENTIALS_WRONG'])
    expect(await attempt('staff@tools.invalid', '')).toEqual([1, 'CREDENTIALS_WRONG'])
  })

  test('costs none once there were too many', async () => {
    const { email } = await addAccount(database)
    for (let n = 0; n < 10; n++) await attempt(email, 'wrong', '192.0.2.7')
    expect(await attempt(email, 'wrong', '192.0.2.7')).toEqual([0, 'RATE_LIMITED'])
  })

  test('renews a hash that was made at another cost', async () => {
    const account = await addAccount(database)
    const older = new PasswordHashes({
      pepper: keysFrom(testSecret)('password-pepper'),
      cost: { memoryKiB: 64, passes: 1, parallelism: 1 },
    })
    const outdated = await older.hash(account.password)
    await database.write((tx) => setPasswordHash(tx, account.id, outdated))
    expect(await attempt(account.email, account.password)).toEqual([2, 'done'])
    expect(await attempt(account.email, account.password)).toEqual([1, 'done'])
  })
})

test('a sign-in that the change of its password overtakes begins no session', async () => {
  const account = await addAccount(database)
  const change = { currentPassword: account.password, newPassword }
  // Between the comparison of the old password and the session: exactly where it would hurt.
  const overtaken = Object.assign(Object.create(database) as Database, {
    write: async (...args: Parameters<Database['write']>) => {
      await changePassword(auth, account, change, caller(), newVisit())
      return database.write(...args)
    },
  })
  await expect(signIn({ ...auth, database: overtaken }, account, caller(), newVisit())).rejects.toMatchObject({
    code: 'CREDENTIALS_WRONG',
  })
  expect(await auth.sessions.list(account.id)).toHaveLength(1) // Of who changed it.
})

test('of two changes of one password at once one is made', async () => {
  const account = await addAccount(database)
  const change = (wanted: string) =>
    changePassword(auth, account, { currentPassword: account.password, newPassword: wanted }, caller(), newVisit())
  const results = await Promise.allSettled([change(newPassword), change(`${newPassword} slowly`)])
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
})

describe('without Redis', () => {
  test('nobody signs in, and a password stays as it was', async () => {
    const account = await addAccount(database)
    const mailsBefore = mails
    way.cut()
    expect((await attempt(account.email, account.password))[1]).toBe('AUTH_UNAVAILABLE')
    const change = { currentPassword: account.password, newPassword }
    await expect(changePassword(auth, account, change, caller(), newVisit())).rejects.toMatchObject({
      code: 'AUTH_UNAVAILABLE',
    })
    way.mend()
    await expect.poll(async () => (await attempt(account.email, account.password, '192.0.2.9'))[1]).toBe('done')
    expect(mails).toBe(mailsBefore)
  })
})
