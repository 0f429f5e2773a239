/** What the log says of accounts: each event, and no secret in any line of any level. */
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { migrate } from '@roundtrip/postgres/migrate'
import { createTestDatabase, type TestDatabase } from '@roundtrip/postgres/test-database'
import { createLogger, type Component } from '@roundtrip/service'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keysFrom } from '../http/keys.ts'
import { startApp } from '../start.ts'
import { Browser } from '../testing/browser.ts'
import { ownRedis } from '../testing/own-redis.ts'
import { ownSettings, testSecret } from '../testing/settings.ts'
import { mailCodes } from './mail-code.ts'

const lines: string[] = []

let fresh: TestDatabase
let app: Component

beforeAll(async () => {
  const { cacheUrl, queueUrl, redisPassword } = await ownRedis()
  fresh = await createTestDatabase()
  const { primaryUrl, password } = fresh
  const folder = fileURLToPath(new URL('../../migrations', import.meta.url))
  await migrate({ url: primaryUrl, password, folder, log: createLogger('app', 'log-test', 'fatal') })
  app = await startApp({
    settings: {
      ...ownSettings,
      primaryUrl,
      replicaUrls: [],
      databasePassword: password,
      cacheUrl,
      queueUrl,
      redisPassword,
    },
    log: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }),
    instance: 'app-log',
  })
})
afterAll(async () => {
  await app.drain()
  await app.close()
  await fresh.drop()
})

interface Line {
  readonly event?: string
  readonly outcome?: string
  readonly code?: string
  readonly traceId?: string
  readonly client?: string
}

test('sign-up, sign-in, tokens and refusals are all noted, and nothing that opens anything', async () => {
  const browser = new Browser(app.listeners['http'] ?? '')
  const [email, password] = [`${randomUUID()}@example.com`, 'five quiet herons wade']
  await browser.ask('/api/accounts/codes', { json: { email, purpose: 'sign-up' } })
  const code = mailCodes(keysFrom(testSecret)('mail-code')).make({ purpose: 'sign-up', email, state: '' })
  const opened = await browser.ask('/api/accounts', { json: { email, code, name: 'Logged', password } })
  const { csrfToken } = (await opened.json()) as { csrfToken: string }
  const firstSession = browser.cookies.get('__Host-session')
  const wrong = 'not the right one'
  await browser.ask('/api/sessions', { json: { email, password: wrong } })
  await browser.ask('/api/sessions', { json: { email, password } })
  const fields = { name: 'a script', scopes: ['shop'], expiresInSeconds: 3600 }
  const { token } = (await (await browser.ask('/api/tokens', { json: fields })).json()) as { token: string }
  const bearer = { authorization: `Bearer ${token}` }
  expect((await browser.ask('/api/accounts/me', { headers: bearer })).status).toBe(200)
  await browser.ask('/api/accounts/1/role', { method: 'PUT', json: { role: 'admin' } })
  await browser.ask('/api/sessions', { method: 'DELETE', headers: { 'sec-fetch-site': 'cross-site' } })
  const session = browser.cookies.get('__Host-session')
  await browser.ask('/api/sessions/current', { method: 'DELETE' })

  const events = lines.map((line) => JSON.parse(line) as Line).filter(({ event }) => event !== undefined)
  expect(events.map(({ event, outcome, code: reason }) => [event, outcome, reason].filter(Boolean).join(' '))).toEqual([
    'code-sent done',
    'account-opened done',
    'signed-in refused CREDENTIALS_WRONG',
    'signed-in done',
    'token-made done',
    'access-refused ROLE_REQUIRED',
    'forgery-refused',
    'signed-out done',
  ])
  expect(events[0]).toMatchObject({ traceId: expect.stringMatching(/^[0-9a-f]{32}$/), client: '127.0.0.1' })
  const secrets = [email, password, wrong, code, csrfToken, firstSession, session, token, testSecret]
  expect(secrets.filter((secret) => secret === undefined || lines.join('').includes(secret))).toEqual([])
})
