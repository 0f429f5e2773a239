/** What was answered to an idempotency key, in SQL (draft-ietf-httpapi-idempotency-key-header-07 §2). */
import { createHash } from 'node:crypto'
import { RoundtripError } from '@roundtrip/errors'
import type { Queryable } from '@roundtrip/postgres'

/** 1–255 visible ASCII characters, taken as they are: quotes around them are part of the key. */
export const idempotencyKeyPattern = String.raw`^[\x21-\x7e]{1,255}$`

export interface IdempotencyKey {
  readonly text: string
  /** Whose key it is: nobody else's key is the same. Without a space; left out for visitors of whom nothing is known. */
  readonly owner?: string | undefined
  /** While another request with this key is being carried out: answer 409, or wait for it? */
  readonly whileInFlight: 'refuse' | 'wait'
}

export interface Once<T> {
  readonly response: T
  /** The work was done before; the response is the one of then. */
  readonly isReplay: boolean
}

/**
 * Does the work unless the key was used before, in which case it answers as then. Both are one transaction: after a
 * crash at any point either the work and its answer are there, or neither. Failed work leaves its key unused.
 * @param request what the key is used for, in a form that is equal for equal requests
 * @throws RoundtripError `IDEMPOTENCY_KEY_IN_FLIGHT`, `IDEMPOTENCY_KEY_REUSED`
 */
export const once = async <T extends object>(
  transaction: Queryable,
  key: IdempotencyKey,
  request: unknown,
  work: () => Promise<T>,
): Promise<Once<T>> => {
  const name = nameOf(key)
  const requestHash = createHash('sha256').update(JSON.stringify(request)).digest()
  await lock(transaction, name, key.whileInFlight)
  // A statement of its own: it has to see what the last holder of the lock has committed.
  const [known] = await transaction.query<{ request_hash: Buffer; response: T }>(
    'select request_hash, response from idempotency_keys where key = $1',
    [name],
  )
  if (known !== undefined) {
    if (!known.request_hash.equals(requestHash)) throw new RoundtripError('IDEMPOTENCY_KEY_REUSED')
    return { response: known.response, isReplay: true }
  }
  const response = await work()
  await transaction.query('insert into idempotency_keys (key, request_hash, response) values ($1, $2, $3)', [
    name,
    requestHash,
    JSON.stringify(response),
  ])
  return { response, isReplay: false }
}

/** No key of a client has a space in it. */
const nameOf = ({ owner, text }: IdempotencyKey): string => (owner === undefined ? text : `${owner} ${text}`)

/**
 * Held until the transaction ends. A lock and not the row itself: waiting for a row that is not committed yet cannot be
 * refused. Two keys with one hash only wait for each other.
 */
const lock = async (
  transaction: Queryable,
  name: string,
  whileInFlight: IdempotencyKey['whileInFlight'],
): Promise<void> => {
  if (whileInFlight === 'wait') {
    await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [name])
    return
  }
  const [row] = await transaction.query<{ locked: boolean }>(
    'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as locked',
    [name],
  )
  if (row?.locked !== true) throw new RoundtripError('IDEMPOTENCY_KEY_IN_FLIGHT')
}

/** Removes the oldest of those that are older than `ageSeconds`. @returns how many they were, at most `limit` */
export const removeOldKeys = async (transaction: Queryable, ageSeconds: number, limit: number): Promise<number> => {
  const removed = await transaction.query(
    `delete from idempotency_keys where key in (
       select key from idempotency_keys where created_at < now() - make_interval(secs => $1)
       order by created_at limit $2 for update skip locked) returning 1`,
    [ageSeconds, limit],
  )
  return removed.length
}
