/** Accounts with a real Postgres and a real Redis: who gets in, who is kept out, and what it costs to ask. */
import { describe, expect, test, afterAll, beforeAll } from 'vitest'
import { addAccount, addToken, type TestAccount } from './testing/accounts.ts'
import { Browser } from './testing/browser.ts'
import { useContract } from './testing/contract.ts'
import { startInstances, type Instances } from './testing/instances.ts'

useContract()

let use: Instances
beforeAll(async () => {
  use = await startInstances()
})
afterAll(() => use.close())

const browser = (): Browser => new Browser(use.direct)
const failure = async (response: Response): Promise<[number, string]> => [
  response.status,
  ((await response.json()) as { code: string }).code,
]

const signIn = async (visitor: Browser, { email, password }: Pick<TestAccount, 'email' | 'password'>) =>
  visitor.ask('/api/sessions', { json: { email, password } })

const signedIn = async (account: TestAccount): Promise<Browser> => {
  const visitor = browser()
  expect((await signIn(visitor, account)).status).toBe(201)
  return visitor
}

const lastMail = async (to: string): Promise<{ kind: string; code?: string }> => {
  const { value } = await use.database.read('strong', (queryable) =>
    queryable.query<{ payload: { kind: string; code?: string } }>(
      `select payload from outbox where payload->>'to' = $1 order by id desc limit 1`,
      [to],
    ),
  )
  return value[0]?.payload ?? { kind: 'none' }
}

const sendCode = (visitor: Browser, email: string, purpose = 'sign-up'): Promise<Response> =>
  visitor.ask('/api/accounts/codes', { json: { email, purpose } })

const fromAddress = (address: string) => ({ 'x-forwarded-for': `${address}, 10.0.0.1` })

const sessionsOf = async (visitor: Browser) =>
  ((await (await visitor.ask('/api/sessions')).json()) as { sessions: { name: string; isThisOne: boolean }[] }).sessions

const csrfTokenOf = async (one: Browser): Promise<string> =>
  ((await (await one.ask('/api/sessions/current')).json()) as { csrfToken: string }).csrfToken

const makeToken = async (visitor: Browser, scopes = ['shop'], expiresInSeconds = 3600) =>
  visitor.ask('/api/tokens', { json: { name: 'a script', scopes, expiresInSeconds } })

const meWith = (token: string) => browser().ask('/api/accounts/me', { headers: { authorization: `Bearer ${token}` } })

const makeStaff = (by: Browser, id: string) =>
  by.ask(`/api/accounts/${id}/role`, { method: 'PUT', json: { role: 'staff' } })

const password = 'five quiet herons wade'

describe('opening an account', () => {
  test('takes a code from the mailbox, once', async () => {
    const visitor = browser()
    const email = 'Opening.One@example.com'
    expect((await sendCode(visitor, email)).status).toBe(202)
    const { kind, code = '' } = await lastMail('opening.one@example.com')
    expect(kind).toBe('sign-up')
    const fields = { email, name: 'One', password }
    expect(
      await failure(await visitor.ask('/api/accounts', { json: { ...fields, code: '0000-0000-0000-0000' } })),
    ).toEqual([422, 'CODE_WRONG'])
    const opened = await visitor.ask('/api/accounts', { json: { ...fields, code: code.toUpperCase() } })
    expect([opened.status, opened.headers.get('cache-control')]).toEqual([201, 'private, no-store'])
    const me = await (await visitor.ask('/api/accounts/me')).json()
    expect(me).toEqual({ id: expect.any(String), name: 'One', email: 'opening.one@example.com', role: 'customer' })
    expect(await failure(await browser().ask('/api/accounts', { json: { ...fields, code } }))).toEqual([
      422,
      'CODE_WRONG',
    ])
  })

  test('is answered the same whether there is one or not; only the mailbox learns which', async () => {
    const account = await addAccount(use.database)
    const answers = []
    for (const email of [account.email, 'nobody.yet@example.com']) {
      const response = await sendCode(browser(), email)
      answers.push([response.status, await response.text(), [...response.headers.keys()]])
    }
    expect(answers[0]).toEqual(answers[1])
    expect(await lastMail(account.email)).toEqual({
      kind: 'account-exists',
      to: account.email,
      traceparent: expect.any(String),
    })
  })

  test('refuses a password that is easy to guess', async () => {
    const json = { email: 'weak@example.com', name: 'W', code: 'x', password: 'password-1234' }
    expect(await failure(await browser().ask('/api/accounts', { json }))).toEqual([422, 'PASSWORD_REFUSED'])
  })
})

describe('signing in', () => {
  test('gives a cookie that only this host, only over TLS and no script gets', async () => {
    const account = await addAccount(use.database)
    const response = await signIn(browser(), { ...account, email: account.email.toUpperCase() })
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-session=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/),
    ])
    expect(await response.json()).toEqual({
      account: { id: account.id, role: 'customer' },
      csrfToken: expect.any(String),
    })
  })

  test('without the right password is refused alike, known or not', async () => {
    const account = await addAccount(use.database)
    const answers = []
    for (const email of [account.email, 'unknown@example.com']) {
      const response = await signIn(browser(), { email, password })
      const { instance: _, requestId: __, ...problem } = (await response.json()) as Record<string, unknown>
      answers.push([response.status, problem, response.headers.get('www-authenticate')])
    }
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]?.[0]).toBe(401)
  })

  test('makes another session each time, and ends the one that the browser had', async () => {
    const account = await addAccount(use.database)
    const visitor = await signedIn(account)
    const before = visitor.cookies.get('__Host-session') ?? ''
    await signIn(visitor, account)
    expect(visitor.cookies.get('__Host-session')).not.toBe(before)
    const old = browser()
    old.cookies.set('__Host-session', before)
    expect((await old.ask('/api/accounts/me')).status).toBe(401)
  })

  test('takes a session that somebody planted for nothing', async () => {
    const account = await addAccount(use.database)
    const visitor = browser()
    const planted = 'A'.repeat(43)
    visitor.cookies.set('__Host-session', planted)
    await signIn(visitor, account)
    expect(visitor.cookies.get('__Host-session')).not.toBe(planted)
  })

  test('is limited for one client at one account, with Retry-After; other clients still get in', async () => {
    const account = await addAccount(use.database)
    const attempt = (address: string, given: string) =>
      browser().ask('/api/sessions', { json: { email: account.email, password: given }, headers: fromAddress(address) })
    const codes: string[] = []
    for (let n = 0; n < 11; n++) codes.push((await failure(await attempt('192.0.2.1', 'wrong one')))[1])
    expect(codes).toEqual([...Array<string>(10).fill('CREDENTIALS_WRONG'), 'RATE_LIMITED'])
    const refused = await attempt('192.0.2.1', account.password)
    expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([
      429,
      expect.toSatisfy((n) => n >= 1 && n <= 90),
    ])
    expect((await attempt('192.0.2.2', account.password)).status).toBe(201)
  })
})

describe('sessions', () => {
  test('are listed for their account, and ended one by one or all at once', async () => {
    const account = await addAccount(use.database)
    const [here, there, elsewhere] = [await signedIn(account), await signedIn(account), await signedIn(account)]
    const listed = await sessionsOf(here)
    expect(listed.map(({ isThisOne }) => isThisOne)).toEqual([false, false, true])
    const theirs = (await sessionsOf(there)).find(({ isThisOne }) => isThisOne)?.name ?? ''
    expect((await here.ask(`/api/sessions/${theirs}`, { method: 'DELETE' })).status).toBe(204)
    expect((await there.ask('/api/sessions')).status).toBe(401)
    expect(await failure(await here.ask(`/api/sessions/${theirs}`, { method: 'DELETE' }))).toEqual([404, 'NOT_FOUND'])
    expect((await here.ask('/api/sessions', { method: 'DELETE' })).status).toBe(204)
    expect(here.cookies.has('__Host-session')).toBe(false)
    expect((await elsewhere.ask('/api/sessions')).status).toBe(401)
  })

  test('of others cannot be ended, even by name', async () => {
    const [mine, theirs] = [
      await signedIn(await addAccount(use.database)),
      await signedIn(await addAccount(use.database)),
    ]
    const { sessions } = (await (await theirs.ask('/api/sessions')).json()) as { sessions: { name: string }[] }
    const ended = await mine.ask(`/api/sessions/${sessions[0]?.name}`, { method: 'DELETE' })
    expect(ended.status).toBe(404)
    expect((await theirs.ask('/api/sessions')).status).toBe(200)
  })

  test('end with the password, all but the one that changed it, which gets another id', async () => {
    const account = await addAccount(use.database)
    const [here, there] = [await signedIn(account), await signedIn(account)]
    const before = here.cookies.get('__Host-session') ?? ''
    const change = (currentPassword: string) =>
      here.ask('/api/accounts/me/password', { method: 'PUT', json: { currentPassword, newPassword: password } })
    expect(await failure(await change('not the password'))).toEqual([401, 'CREDENTIALS_WRONG'])
    expect((await change(account.password)).status).toBe(200)
    expect((await here.ask('/api/accounts/me')).status).toBe(200)
    expect((await there.ask('/api/accounts/me')).status).toBe(401)
    expect(here.cookies.get('__Host-session')).not.toBe(before)
    expect((await signIn(browser(), account)).status).toBe(401)
    expect((await signIn(browser(), { ...account, password })).status).toBe(201)
    expect((await lastMail(account.email)).kind).toBe('password-changed')
  })

  test('count at every instance', async () => {
    const visitor = await signedIn(await addAccount(use.database))
    const elsewhere = new Browser(use.behindProxy)
    elsewhere.cookies.set('__Host-session', visitor.cookies.get('__Host-session') ?? '')
    expect((await elsewhere.ask('/api/accounts/me')).status).toBe(200)
  })
})

test('a forgotten password is replaced by a code from the mailbox, which then is worth nothing', async () => {
  const account = await addAccount(use.database)
  const there = await signedIn(account)
  const { email } = account
  await sendCode(browser(), email, 'password-reset')
  const { code = '' } = await lastMail(email)
  const reset = () => browser().ask('/api/accounts/password', { method: 'PUT', json: { email, code, password } })
  expect((await reset()).status).toBe(204)
  expect((await there.ask('/api/accounts/me')).status).toBe(401)
  expect((await signIn(browser(), { email, password })).status).toBe(201)
  expect(await failure(await reset())).toEqual([422, 'CODE_WRONG'])
  await sendCode(browser(), 'not.there@example.com', 'password-reset')
  expect(await lastMail('not.there@example.com')).toMatchObject({ kind: 'no-account' })
})

describe('requests of other sites', () => {
  const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }

  test.each([
    ['cross-site', foreign],
    ['from a subdomain', { 'sec-fetch-site': 'same-site', origin: 'https://blog.roundtrip.test' }],
    ['without Fetch Metadata', { 'sec-fetch-site': '', origin: 'https://evil.example' }],
    ['that tell nothing', { 'sec-fetch-site': '' }],
  ])('%s change nothing with a session', async (_, headers) => {
    const visitor = await signedIn(await addAccount(use.database))
    const refused = await visitor.ask('/api/sessions', { method: 'DELETE', headers })
    expect(await failure(refused)).toEqual([403, 'CROSS_SITE_REQUEST'])
    expect((await visitor.ask('/api/sessions', { headers })).status).toBe(200)
  })

  test('pass with the token of the session, and with no other', async () => {
    const [visitor, other] = [
      await signedIn(await addAccount(use.database)),
      await signedIn(await addAccount(use.database)),
    ]
    const end = (token: string) =>
      visitor.ask('/api/sessions', { method: 'DELETE', headers: { 'sec-fetch-site': '', 'x-csrf-token': token } })
    expect((await end(await csrfTokenOf(other))).status).toBe(403)
    expect((await end('')).status).toBe(403)
    expect((await end(await csrfTokenOf(visitor))).status).toBe(204)
  })

  test('from the site itself pass by their origin', async () => {
    const visitor = await signedIn(await addAccount(use.database))
    const headers = { 'sec-fetch-site': '', origin: 'https://www.roundtrip.test:8443' }
    expect((await visitor.ask('/api/sessions', { method: 'DELETE', headers })).status).toBe(204)
  })

  test('with a token need not tell', async () => {
    const token = await addToken(use.database, 'customer')
    const headers = { ...foreign, authorization: `Bearer ${token}` }
    const order = { name: 'A', email: 'a@example.com', lines: [{ productId: 999_999, quantity: 1 }] }
    const response = await browser().ask('/api/orders', { json: order, headers })
    expect((await failure(response))[1]).not.toBe('CROSS_SITE_REQUEST')
  })
})

describe('tokens', () => {
  test('are shown once, counted by use, and revoked', async () => {
    const account = await addAccount(use.database)
    const visitor = await signedIn(account)
    const made = (await (await makeToken(visitor)).json()) as { id: string; token: string }
    expect(made.token).toMatch(/^rtp_/)
    expect(await (await meWith(made.token)).json()).toMatchObject({ id: account.id })
    const list = (await (await visitor.ask('/api/tokens')).json()) as { tokens: object[] }
    const { token: _token, ...listed } = { ...made, lastUsedAt: expect.any(String) }
    expect(list.tokens).toEqual([listed])
    expect((await visitor.ask(`/api/tokens/${made.id}`, { method: 'DELETE' })).status).toBe(204)
    const refused = await meWith(made.token)
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="roundtrip", error="invalid_token"',
    ])
  })

  test('that have expired or were never made are refused; others without one are told how', async () => {
    const visitor = await signedIn(await addAccount(use.database))
    const { id, token } = (await (await makeToken(visitor)).json()) as { id: string; token: string }
    await use.database.write((tx) => tx.query(`update api_tokens set expires_at = now() where id = $1`, [id]))
    expect(await failure(await meWith(token))).toEqual([401, 'TOKEN_INVALID'])
    expect(await failure(await meWith('rtp_x'))).toEqual([401, 'TOKEN_INVALID'])
    const nobody = await browser().ask('/api/accounts/me')
    expect([nobody.status, nobody.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="roundtrip"'])
  })

  test('do what they were made for, and never what takes a password', async () => {
    const visitor = await signedIn(await addAccount(use.database, 'staff'))
    const { token } = (await (await makeToken(visitor, ['catalogue'])).json()) as { token: string }
    const refused = await meWith(token)
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      403,
      'Bearer realm="roundtrip", error="insufficient_scope", scope="shop"',
    ])
    const more = await browser().ask('/api/tokens', { headers: { authorization: `Bearer ${token}` } })
    expect(await failure(more)).toEqual([403, 'SESSION_REQUIRED'])
  })

  test('cannot be made for more than the account may do', async () => {
    const visitor = await signedIn(await addAccount(use.database))
    expect(await failure(await makeToken(visitor, ['shop', 'catalogue']))).toEqual([403, 'ROLE_REQUIRED'])
  })

  test('of others cannot be revoked', async () => {
    const [mine, theirs] = [
      await signedIn(await addAccount(use.database)),
      await signedIn(await addAccount(use.database)),
    ]
    const { id, token } = (await (await makeToken(theirs)).json()) as { id: string; token: string }
    expect((await mine.ask(`/api/tokens/${id}`, { method: 'DELETE' })).status).toBe(404)
    expect((await meWith(token)).status).toBe(200)
  })
})

describe('roles', () => {
  test('are given by admins only; sessions that had the former one end', async () => {
    const [admin, other] = [await addAccount(use.database, 'admin'), await addAccount(use.database)]
    const [adminsBrowser, othersBrowser] = [await signedIn(admin), await signedIn(other)]
    expect(await failure(await makeStaff(othersBrowser, other.id))).toEqual([403, 'ROLE_REQUIRED'])
    expect(await failure(await makeStaff(adminsBrowser, admin.id))).toEqual([409, 'CONFLICT'])
    expect((await makeStaff(adminsBrowser, other.id)).status).toBe(204)
    expect((await othersBrowser.ask('/api/accounts/me')).status).toBe(401)
    const again = await signIn(othersBrowser, other)
    expect(await again.json()).toMatchObject({ account: { role: 'staff' } })
  })
})
