/** What an error says about the node it came from: policy as named predicates over SQLSTATE (PostgreSQL appendix A). */
import { DatabaseError } from 'pg'
import { NoPlaceError } from './admission.ts'

/** A connection for writes met a replica, or a primary that has been replaced. */
export class NotPrimaryError extends Error {
  constructor() {
    super('the server is not the primary')
    this.name = 'NotPrimaryError'
  }
}

/** Sentences of pg and pg-pool for a connection that is gone; they carry no code. */
const goneSentences = new Set([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout expired',
  'Query read timeout',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
])

/** Shutting down, crashed, still starting, or asked to be left alone; the database or the role is not (yet) there. */
const goneStates = new Set(['57P01', '57P02', '57P03', '57P05', '3D000', '28P01', '28000'])

const sqlState = (error: unknown): string | undefined => (error instanceof DatabaseError ? error.code : undefined)

/** The node could not be reached, broke off, or is going away: it should get no more work for now. */
export const isNodeGone = (error: unknown): boolean => {
  const state = sqlState(error)
  if (state !== undefined) return goneStates.has(state) || state.startsWith('08')
  if (!(error instanceof Error)) return false
  return goneSentences.has(error.message) || /^E[A-Z_]+$/.test((error as NodeJS.ErrnoException).code ?? '')
}

/** The node is well but has no room: our own pool waited too long, or the server has too many connections. */
export const isNodeBusy = (error: unknown): boolean =>
  sqlState(error) === '53300' ||
  error instanceof NoPlaceError ||
  (error instanceof Error && error.message === 'timeout exceeded when trying to connect')

const timeoutSentences = new Set(['timeout expired', 'Query read timeout'])

/** No answer in time, which may be this process's own fault. */
export const isTimeout = (error: unknown): boolean => error instanceof Error && timeoutSentences.has(error.message)

/** Nothing can be written there: it is a replica by now, or has been replaced. Nothing has been written either. */
export const isNotPrimary = (error: unknown): boolean => error instanceof NotPrimaryError || sqlState(error) === '25006'

/** A prepared statement that a migration has outdated, or that the server connection of a pooler does not have. */
export const isStalePlan = (error: unknown): boolean =>
  (error instanceof DatabaseError && error.code === '0A000' && error.routine === 'RevalidateCachedQuery') ||
  sqlState(error) === '26000'

/** The server stopped the statement because it ran past `statement_timeout` or `lock_timeout`. */
export const isTooSlow = (error: unknown): boolean => {
  const state = sqlState(error)
  return state === '57014' || state === '55P03'
}

/**
 * Only a replica answers so, and the primary would not: replay had to cancel the query (§26.4.2), or a migration has
 * not been replayed yet.
 */
export const isBehind = (error: unknown): boolean => {
  const state = sqlState(error)
  return state === '40001' || state === '42P01' || state === '42703'
}

/** The server rolled the transaction back because of others; run again from its start it may well pass. */
export const isRolledBackByConflict = (error: unknown): boolean => {
  const state = sqlState(error)
  return state === '40001' || state === '40P01'
}

/** The name of the unique index that a row broke, or undefined when the error is another one. */
export const violatedUniqueIndex = (error: unknown): string | undefined =>
  error instanceof DatabaseError && error.code === '23505' ? error.constraint : undefined
