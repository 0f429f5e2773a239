/** Accounts in SQL: who may sign in, as what, and with which password. */
import type { Queryable } from '@roundtrip/postgres'
import type { Account, Role } from './account.ts'

/** As sign-in needs it. */
export interface StoredAccount extends Account {
  readonly name: string
  /** PHC string; null when nobody can sign in. */
  readonly passwordHash: string | null
}

const columns = 'users.id::text, role, name, password_hash as "passwordHash"'

/** One form for each mailbox: hardly any server tells capitals apart, and two accounts for one mailbox help nobody. */
export const asMailbox = (email: string): string => email.toLowerCase()

/** @param email as `asMailbox` gives it */
export const findByEmail = async (queryable: Queryable, email: string): Promise<StoredAccount | undefined> => {
  const [row] = await queryable.query<StoredAccount>(
    `select ${columns} from users join accounts on user_id = users.id where email = $1`,
    [email],
  )
  return row
}

export const findById = async (
  queryable: Queryable,
  id: string,
): Promise<(StoredAccount & { email: string }) | undefined> => {
  const [row] = await queryable.query<StoredAccount & { email: string }>(
    `select ${columns}, email from users join accounts on user_id = users.id where users.id = $1`,
    [id],
  )
  return row
}

/** Held until the transaction ends: who signs in and who changes the password wait for each other. */
export const lockAccount = async (
  transaction: Queryable,
  id: string,
): Promise<Omit<StoredAccount, 'name'> | undefined> => {
  const [row] = await transaction.query<Omit<StoredAccount, 'name'>>(
    'select user_id::text as id, role, password_hash as "passwordHash" from accounts where user_id = $1 for update',
    [id],
  )
  return row
}

export const setPasswordHash = async (transaction: Queryable, id: string, passwordHash: string): Promise<void> => {
  await transaction.query('update accounts set password_hash = $2 where user_id = $1', [id, passwordHash])
}

export const setRole = async (transaction: Queryable, id: string, role: Role): Promise<void> => {
  await transaction.query('update accounts set role = $2 where user_id = $1', [id, role])
}

export interface NewAccount {
  readonly name: string
  /** As `asMailbox` gives it. */
  readonly email: string
  readonly passwordHash: string | null
  readonly role: Role
}

/**
 * A customer that has ordered before becomes the owner of the account: only call this for a mailbox that was proven.
 * @returns undefined when the mailbox has an account already
 */
export const insertAccount = async (
  transaction: Queryable,
  { name, email, passwordHash, role }: NewAccount,
): Promise<Account | undefined> => {
  const [user] = await transaction.query<{ id: string }>(
    `insert into users (name, email) values ($1, $2)
     on conflict (email) do update set name = excluded.name returning id::text`,
    [name, email],
  )
  const [row] = await transaction.query<Account>(
    `insert into accounts (user_id, role, password_hash) values ($1, $2, $3)
     on conflict (user_id) do nothing returning user_id::text as id, role`,
    [user?.id, role, passwordHash],
  )
  return row
}
