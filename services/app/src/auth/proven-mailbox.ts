/** What somebody may do who can read a mailbox: open an account for it, or choose a new password. Nobody else learns which it is. */
import type { AccountMail } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import type { Visit } from '../http/visit.ts'
import { addAccountMail } from '../shop/outbox.ts'
import { asMailbox, findByEmail, insertAccount, lockAccount, setPasswordHash, type StoredAccount } from './accounts.ts'
import type { Auth } from './auth.ts'
import type { MailCodeClaim, MailCodePurpose } from './mail-code.ts'
import { requireGoodPassword } from './password-rules.ts'
import type { Caller, SignedIn } from './sign-in.ts'

/** The state that using the code ends: a code for a new password is worth nothing once there is a new one. */
const claimOf = (purpose: MailCodePurpose, email: string, account: StoredAccount | undefined): MailCodeClaim => ({
  purpose,
  email,
  state: account === undefined ? '' : (account.passwordHash ?? 'none'),
})

const mailFor = (auth: Auth, purpose: MailCodePurpose, to: string, account: StoredAccount | undefined): AccountMail => {
  const isPossible = (purpose === 'sign-up') === (account === undefined)
  if (!isPossible) return { kind: purpose === 'sign-up' ? 'account-exists' : 'no-account', to }
  return { kind: purpose, to, code: auth.codes.make(claimOf(purpose, to, account)) }
}

/**
 * Sends a mail in any case, with a code or with why there is none: the answer, the queries and the work are the same.
 * @throws RoundtripError `RATE_LIMITED`, or what the database throws
 */
export const sendCode = async (
  auth: Auth,
  purpose: MailCodePurpose,
  email: string,
  { client, traceparent }: Caller,
  visit: Visit,
): Promise<void> => {
  const mailbox = asMailbox(email)
  await auth.limits.take('mail', { email: mailbox, client })
  await auth.database.write(async (transaction) => {
    const account = await findByEmail(transaction, mailbox)
    await addAccountMail(transaction, mailFor(auth, purpose, mailbox, account), traceparent)
  }, visit)
  auth.mailWaits()
}

export interface SignUp {
  readonly email: string
  readonly code: string
  readonly name: string
  readonly password: string
}

/** @throws RoundtripError `CODE_WRONG`, `PASSWORD_REFUSED`, `RATE_LIMITED`, `OVERLOADED`, `AUTH_UNAVAILABLE`, or what the database throws */
export const openAccount = async (
  auth: Auth,
  { email, code, name, password }: SignUp,
  { client, agent }: Caller,
  visit: Visit,
): Promise<SignedIn> => {
  const mailbox = asMailbox(email)
  await auth.limits.take('code', { email: mailbox, client })
  requireGoodPassword(password, { email: mailbox, name })
  const existing = (await auth.database.read('strong', (queryable) => findByEmail(queryable, mailbox), visit)).value
  if (!auth.codes.isRight(claimOf('sign-up', mailbox, existing), code)) throw new RoundtripError('CODE_WRONG')
  const passwordHash = await auth.hashes.hash(password, visit.signal)
  const { value, lsn } = await auth.database.write(async (transaction) => {
    const account = await insertAccount(transaction, { name, email: mailbox, passwordHash, role: 'customer' })
    // Somebody was faster with the same code.
    if (account === undefined) throw new RoundtripError('CODE_WRONG')
    return { account, sessionId: await auth.sessions.begin(account, agent) }
  }, visit)
  visit.wrote(lsn)
  return value
}

export interface PasswordReset {
  readonly email: string
  readonly code: string
  readonly password: string
}

/**
 * Ends all sessions of the account.
 * @throws RoundtripError `CODE_WRONG`, `PASSWORD_REFUSED`, `RATE_LIMITED`, `OVERLOADED`, `AUTH_UNAVAILABLE`, or what the database throws
 */
export const resetPassword = async (
  auth: Auth,
  { email, code, password }: PasswordReset,
  { client, traceparent }: Caller,
  visit: Visit,
): Promise<void> => {
  const mailbox = asMailbox(email)
  await auth.limits.take('code', { email: mailbox, client })
  const found = (await auth.database.read('strong', (queryable) => findByEmail(queryable, mailbox), visit)).value
  requireGoodPassword(password, { email: mailbox })
  const isRight = auth.codes.isRight(claimOf('password-reset', mailbox, found), code)
  if (found === undefined || !isRight) throw new RoundtripError('CODE_WRONG')
  const passwordHash = await auth.hashes.hash(password, visit.signal)
  const { lsn } = await auth.database.write(async (transaction) => {
    const locked = await lockAccount(transaction, found.id)
    if (locked === undefined || locked.passwordHash !== found.passwordHash) throw new RoundtripError('CODE_WRONG')
    await setPasswordHash(transaction, found.id, passwordHash)
    await addAccountMail(transaction, { kind: 'password-changed', to: mailbox }, traceparent)
    await auth.sessions.endAll(found.id)
  }, visit)
  visit.wrote(lsn, 'visitor')
  auth.mailWaits()
}
