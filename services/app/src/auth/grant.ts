/** Roles and tokens from outside the application, for whoever may reach the database: the first admin, tools, tests. */
import { RoundtripError } from '@roundtrip/errors'
import type { Queryable } from '@roundtrip/postgres'
import { roles, type Account, type Role } from './account.ts'
import { asMailbox, findByEmail, insertAccount, lockAccount, setRole } from './accounts.ts'
import { scopeOfRole } from './requires.ts'
import { insertToken, type Scope } from './token-store.ts'

/** In a top-level domain that gets no mail (RFC 6761): nobody can ask for a password of these accounts. */
const toolMailbox = (role: Role): string => `${role}@tools.invalid`

/** All that the role may do. */
const scopesOf = (role: Role): Scope[] => roles.slice(0, roles.indexOf(role) + 1).map((each) => scopeOfRole[each])

/**
 * Raises the role of an account; it counts from its next sign-in on. Taking one away is the business of an admin, who
 * also ends the sessions that had it.
 * @throws RoundtripError `USAGE` when there is no such account, or it has a higher role already
 */
export const promote = async (transaction: Queryable, email: string, role: Role): Promise<void> => {
  const found = await findByEmail(transaction, asMailbox(email))
  const account = found && (await lockAccount(transaction, found.id))
  if (account === undefined) {
    throw new RoundtripError(
      'USAGE',
      `No account has the mail address ${email}: it has to be opened first, at /sign-up.`,
    )
  }
  if (roles.indexOf(account.role) > roles.indexOf(role)) {
    throw new RoundtripError('USAGE', `${email} is ${account.role} already; only an admin takes roles away.`)
  }
  await setRole(transaction, account.id, role)
}

/** A token of an account that tools of this role share, and that nobody can sign in to. @returns the token itself */
export const toolToken = async (transaction: Queryable, role: Role, expiresInSeconds: number): Promise<string> => {
  const { id } = await toolAccount(transaction, role)
  const { token } = await insertToken(transaction, id, {
    name: 'from the command line',
    scopes: scopesOf(role),
    expiresInSeconds,
  })
  return token
}

const toolAccount = async (transaction: Queryable, role: Role): Promise<Account> => {
  const email = toolMailbox(role)
  const account =
    (await findByEmail(transaction, email)) ??
    (await insertAccount(transaction, { name: `Tools (${role})`, email, passwordHash: null, role })) ??
    // Another process was faster.
    (await findByEmail(transaction, email))
  if (account === undefined) throw new Error('an account neither was there nor could be inserted')
  // An admin may have taken the role away: then it stays away.
  if (account.role !== role) throw new RoundtripError('USAGE', `The account ${email} is no longer ${role}.`)
  return account
}
