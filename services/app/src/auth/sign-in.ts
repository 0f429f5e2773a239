/** Signing in, and changing the password: what is right is decided under the account's lock, so that neither overtakes the other. */
import { RoundtripError } from '@roundtrip/errors'
import type { Queryable } from '@roundtrip/postgres'
import type { Visit } from '../http/visit.ts'
import { addAccountMail } from '../shop/outbox.ts'
import type { Account } from './account.ts'
import { asMailbox, findByEmail, findById, lockAccount, setPasswordHash } from './accounts.ts'
import type { Auth } from './auth.ts'
import { requireGoodPassword } from './password-rules.ts'

/** Where a request comes from. */
export interface Caller {
  /** For limits. */
  readonly client: string
  /** For its owner's list of sessions. */
  readonly agent: string
  /** For the mails that it causes. */
  readonly traceparent: string
}

export interface SignedIn {
  readonly account: Account
  /** The secret for the cookie. */
  readonly sessionId: string
}

export interface Credentials {
  readonly email: string
  readonly password: string
}

/**
 * Costs one password hash whoever it is, known or not. The session is begun under the lock: should the password change
 * meanwhile, the session is either ended by that change or never begun.
 * @throws RoundtripError `CREDENTIALS_WRONG`, `RATE_LIMITED`, `OVERLOADED`, `AUTH_UNAVAILABLE`, or what the database throws
 */
export const signIn = async (
  auth: Auth,
  { email, password }: Credentials,
  { client, agent }: Caller,
  visit: Visit,
): Promise<SignedIn> => {
  const mailbox = asMailbox(email)
  await auth.limits.take('sign-in', { email: mailbox, client })
  const found = (await auth.database.read('strong', (queryable) => findByEmail(queryable, mailbox), visit)).value
  const { isRight, isOutdated } = await auth.hashes.verify(password, found?.passwordHash ?? undefined, visit.signal)
  if (found === undefined || !isRight) throw new RoundtripError('CREDENTIALS_WRONG')
  const fresh = isOutdated ? await auth.hashes.hash(password, visit.signal) : undefined
  const { value } = await auth.database.write(async (transaction) => {
    const account = await lockUnchanged(transaction, found)
    if (fresh !== undefined) await setPasswordHash(transaction, account.id, fresh)
    return { account, sessionId: await auth.sessions.begin(account, agent) }
  }, visit)
  return value
}

/** @throws RoundtripError `CREDENTIALS_WRONG` when the password has changed since it was compared */
const lockUnchanged = async (
  transaction: Queryable,
  known: { readonly id: string; readonly passwordHash: string | null },
): Promise<Account> => {
  const locked = await lockAccount(transaction, known.id)
  if (locked === undefined || locked.passwordHash !== known.passwordHash) throw new RoundtripError('CREDENTIALS_WRONG')
  return { id: locked.id, role: locked.role }
}

export interface PasswordChange {
  readonly currentPassword: string
  readonly newPassword: string
}

/**
 * Ends all sessions of the account and begins a new one for who asked. When the sessions cannot be ended, the password
 * stays as it was.
 * @throws RoundtripError `CREDENTIALS_WRONG`, `PASSWORD_REFUSED`, `RATE_LIMITED`, `OVERLOADED`, `AUTH_UNAVAILABLE`, or what
 *   the database throws
 */
export const changePassword = async (
  auth: Auth,
  { id }: Account,
  { currentPassword, newPassword }: PasswordChange,
  { client, agent, traceparent }: Caller,
  visit: Visit,
): Promise<SignedIn> => {
  const found = (await auth.database.read('strong', (queryable) => findById(queryable, id), visit)).value
  if (found === undefined) throw new RoundtripError('UNAUTHENTICATED')
  await auth.limits.take('sign-in', { email: found.email, client })
  const { isRight } = await auth.hashes.verify(currentPassword, found.passwordHash ?? undefined, visit.signal)
  if (!isRight) throw new RoundtripError('CREDENTIALS_WRONG', 'This is not your current password.')
  requireGoodPassword(newPassword, found)
  const passwordHash = await auth.hashes.hash(newPassword, visit.signal)
  const { value, lsn } = await auth.database.write(async (transaction) => {
    const account = await lockUnchanged(transaction, found)
    await setPasswordHash(transaction, id, passwordHash)
    await addAccountMail(transaction, { kind: 'password-changed', to: found.email }, traceparent)
    await auth.sessions.endAll(id)
    return { account, sessionId: await auth.sessions.begin(account, agent) }
  }, visit)
  visit.wrote(lsn, 'visitor')
  auth.mailWaits()
  return value
}
