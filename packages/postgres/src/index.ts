/** @packageDocumentation Postgres pools, read/write split and transactions; migrations are `@roundtrip/postgres/migrate`. */
export {
  createDatabase,
  type Database,
  type DatabaseHealth,
  type DatabaseOptions,
  type ReadOptions,
  type Served,
} from './database.ts'
export { violatedUniqueIndex } from './failure.ts'
export type { Log } from './log.ts'
export type { Lsn } from './lsn.ts'
export type { Queryable } from './queryable.ts'
export type { Committed } from './transaction.ts'
