/** For tests only: a way through all that accounts can do, each address at least once. */
import type { Database } from '@roundtrip/postgres'
import { mailCodes } from '../auth/mail-code.ts'
import { keysFrom } from '../http/keys.ts'
import { addAccount } from './accounts.ts'
import { Browser, type Ask } from './browser.ts'
import { testSecret } from './settings.ts'

type Asking = <T = unknown>(path: string, question?: Ask) => Promise<T>

const codes = mailCodes(keysFrom(testSecret)('mail-code'))
const password = 'five quiet herons wade'
const email = 'every.route@example.com'

/** @throws Error when one of them is refused */
export const useAccounts = async (origin: string, database: Database): Promise<void> => {
  const browser = new Browser(origin)
  const ask = async <T = unknown>(path: string, question?: Ask): Promise<T> => {
    const response = await browser.ask(path, question)
    const text = await response.text()
    if (response.status >= 400) throw new Error(`${question?.method ?? ''} ${path}: ${response.status} ${text}`)
    return (response.headers.get('content-type')?.includes('json') === true ? JSON.parse(text) : text) as T
  }
  await ask('/api/accounts/codes', { json: { email, purpose: 'sign-up' } })
  const code = codes.make({ purpose: 'sign-up', email, state: '' })
  await ask('/api/accounts', { json: { email, code, name: 'Every Route', password } })
  await ask('/api/accounts/me')
  const { token, id } = await ask<{ token: string; id: string }>('/api/tokens', {
    json: { name: 'a script', scopes: ['shop'], expiresInSeconds: 3600 },
  })
  await ask('/api/accounts/me', { headers: { authorization: `Bearer ${token}` } })
  await ask('/api/tokens')
  await ask(`/api/tokens/${id}`, { method: 'DELETE' })
  const newPassword = `${password} slowly`
  await ask('/api/accounts/me/password', { method: 'PUT', json: { currentPassword: password, newPassword } })
  await ask('/api/sessions/current', { method: 'DELETE' })
  await ask('/api/sessions', { json: { email, password: newPassword } })
  const { sessions } = await ask<{ sessions: { name: string }[] }>('/api/sessions')
  await ask('/api/sessions/current')
  await ask(`/api/sessions/${sessions[0]?.name}`, { method: 'DELETE' })
  await useAsAdmin(ask, database)
  await usePages(ask, database)
}

const useAsAdmin = async (ask: Asking, database: Database): Promise<void> => {
  const [admin, other] = [await addAccount(database, 'admin'), await addAccount(database)]
  await ask('/api/sessions', { json: { email: admin.email, password: admin.password } })
  await ask(`/api/accounts/${other.id}/role`, { method: 'PUT', json: { role: 'staff' } })
  await ask('/api/sessions', { method: 'DELETE' })
  const code = codes.make({ purpose: 'password-reset', email: other.email, state: await hashOf(database, other.id) })
  await ask('/api/accounts/password', { method: 'PUT', json: { email: other.email, code, password } })
}

const hashOf = async (database: Database, id: string): Promise<string> => {
  const { value } = await database.read('strong', (queryable) =>
    queryable.query<{ hash: string }>('select password_hash as hash from accounts where user_id = $1', [id]),
  )
  return value[0]?.hash ?? ''
}

const usePages = async (ask: Asking, database: Database): Promise<void> => {
  const other = await addAccount(database)
  const visitor = 'every.page@example.com'
  for (const path of ['/sign-in', '/sign-up', '/password-reset']) await ask(path)
  await ask('/sign-up', { form: { email: visitor } })
  const code = codes.make({ purpose: 'sign-up', email: visitor, state: '' })
  await ask('/sign-up/confirm', { form: { email: visitor, code, name: 'Every Page', password } })
  await ask('/account')
  const newPassword = `${password} slowly`
  await ask('/account/password', { form: { currentPassword: password, newPassword } })
  await ask('/account/sessions/end', { form: { name: 'a'.repeat(43) } })
  await ask('/sign-out', { form: {} })
  await ask('/sign-in', { form: { email: visitor, password: newPassword } })
  await ask('/password-reset', { form: { email: other.email } })
  const state = await hashOf(database, other.id)
  const resetCode = codes.make({ purpose: 'password-reset', email: other.email, state })
  await ask('/password-reset/confirm', { form: { email: other.email, code: resetCode, password } })
}
