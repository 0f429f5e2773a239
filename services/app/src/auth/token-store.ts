/** Personal API tokens in SQL. */
import type { Queryable } from '@roundtrip/postgres'
import type { Account } from './account.ts'
import { newToken, tokenHash } from './tokens.ts'

/** What a token may be used for; an account's role bounds it as well. */
export const scopes = ['shop', 'catalogue', 'accounts'] as const
export type Scope = (typeof scopes)[number]

export interface ListedToken {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly lastUsedAt: Date | null
}

export interface NewToken {
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly expiresInSeconds: number
}

/** What a valid token stands for. */
export interface Bearer {
  readonly tokenId: string
  readonly account: Account
  readonly scopes: readonly Scope[]
  /** Its use has not been noted for a while. */
  readonly isUseStale: boolean
}

const columns = 'id, name, scopes, created_at as "createdAt", expires_at as "expiresAt", last_used_at as "lastUsedAt"'

/** How exact `lastUsedAt` is: not every request is worth a write. */
const useNotedEverySeconds = 60

/** @returns the token itself, which is in no store */
export const insertToken = async (
  transaction: Queryable,
  userId: string,
  { name, scopes: granted, expiresInSeconds }: NewToken,
): Promise<{ token: string; listed: ListedToken }> => {
  const token = newToken()
  const [listed] = await transaction.query<ListedToken>(
    `insert into api_tokens (user_id, name, token_hash, scopes, expires_at)
     values ($1, $2, $3, $4, now() + make_interval(secs => $5)) returning ${columns}`,
    [userId, name, tokenHash(token), granted, expiresInSeconds],
  )
  if (listed === undefined) throw new Error('insert returned no row')
  return { token, listed }
}

/** The latest first; those that have expired stay for whoever wonders why one no longer works. */
export const listTokens = (queryable: Queryable, userId: string): Promise<ListedToken[]> =>
  queryable.query<ListedToken>(
    `select ${columns} from api_tokens where user_id = $1 order by created_at desc limit 100`,
    [userId],
  )

/** @returns whether the account had it */
export const deleteToken = async (transaction: Queryable, userId: string, id: string): Promise<boolean> => {
  const rows = await transaction.query('delete from api_tokens where id = $2 and user_id = $1 returning 1', [
    userId,
    id,
  ])
  return rows.length > 0
}

export const findBearer = async (queryable: Queryable, token: string): Promise<Bearer | undefined> => {
  const [row] = await queryable.query<Account & Omit<Bearer, 'account'>>(
    `select api_tokens.id as "tokenId", api_tokens.user_id::text as id, role, scopes,
       coalesce(last_used_at < now() - make_interval(secs => $2), true) as "isUseStale"
     from api_tokens join accounts on accounts.user_id = api_tokens.user_id
     where token_hash = $1 and expires_at > now()`,
    [tokenHash(token), useNotedEverySeconds],
  )
  if (row === undefined) return undefined
  const { id, role, ...rest } = row
  return { account: { id, role }, ...rest }
}

export const noteUse = async (transaction: Queryable, tokenId: string): Promise<void> => {
  await transaction.query('update api_tokens set last_used_at = now() where id = $1', [tokenId])
}
