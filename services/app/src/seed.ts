/** Data of believable size, the same each time: 1,000 users, 500 products, 5,000 orders. */
import type { Queryable } from '@roundtrip/postgres'
import { orderSeed, productSeed, userSeed } from './seed-sql.ts'

/** Any number that nobody else uses for an advisory lock in this database. */
const advisoryLock = 7_309_453_872

/** Fills an empty database, in the caller's transaction. @returns whether it was empty */
export const seed = async (transaction: Queryable): Promise<boolean> => {
  await transaction.query('select pg_advisory_xact_lock($1)', [advisoryLock])
  const rows = await transaction.query(
    'select from users union all select from products union all select from orders limit 1',
  )
  if (rows.length > 0) return false
  for (const statement of [...userSeed, ...productSeed, ...orderSeed]) await transaction.query(statement)
  return true
}
