/** Users in SQL. */
import type { PageQuery, UserList } from '@roundtrip/contracts'
import type { Queryable } from '@roundtrip/postgres'
import { decodeCursor, pageOf } from './cursor.ts'

export const listUsers = async (queryable: Queryable, { limit, cursor }: PageQuery): Promise<UserList> => {
  const rows = await queryable.query<{ id: number; name: string }>(
    'select id, name from users where id > $1 order by id limit $2',
    [decodeCursor(cursor), limit + 1],
  )
  const { page: users, ...next } = pageOf(rows, limit)
  return { users, ...next }
}
