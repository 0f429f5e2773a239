/** @packageDocumentation Postgres pools, read/write split and transactions; migrations are `@roundtrip/postgres/migrate`. */
export { createDatabase, type Database, type DatabaseHealth, type NodeStats } from './database.ts'
export type { DatabaseOptions } from './database-options.ts'
export type { Consistency } from './consistency.ts'
export { findPrimary } from './find-primary.ts'
export { violatedUniqueIndex } from './failure.ts'
export type { Log } from './log.ts'
export type { Lsn } from './lsn.ts'
export { currentPosition, type Position } from './position.ts'
export type { Queryable } from './queryable.ts'
export type { Served } from './reads.ts'
export {
  sessionPosition,
  type SessionPosition,
  type SessionPositionOptions,
  type SignedPosition,
} from './session-position.ts'
export type { Committed } from './transaction.ts'
export type { Isolation, WorkOptions } from './work-options.ts'
export type { Written } from './writes.ts'
