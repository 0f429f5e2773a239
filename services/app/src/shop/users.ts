/** Users in SQL. */
import type { User } from '@roundtrip/contracts'
import type { Queryable } from '@roundtrip/postgres'
import { pageOf } from './cursor.ts'

/** The list that cursors for users belong to. */
export const userList = 'users'

/** @param after id of the last user of the page before; 0 for the first page */
export const listUsers = async (
  queryable: Queryable,
  { limit, after }: { readonly limit: number; readonly after: number },
): Promise<{ readonly users: User[]; readonly next?: string }> => {
  const rows = await queryable.query<User>('select id, name from users where id > $1 order by id limit $2', [
    after,
    limit + 1,
  ])
  const { page: users, last } = pageOf(rows, limit)
  return { users, ...(last && { next: String(last.id) }) }
}
