/** The outbox in SQL: what a change leads to is written with the change itself, and published afterwards. */
import {
  accountMailJobName,
  mailQueueName,
  orderConfirmationJobName,
  type AccountMail,
  type Order,
  type OrderConfirmation,
} from '@roundtrip/contracts'
import type { Queryable } from '@roundtrip/postgres'

export interface OutboxRow {
  /** Kept as text: a bigint does not fit a number. */
  readonly id: string
  readonly jobId: string
  readonly queue: string
  readonly name: string
  readonly payload: object
}

export const addOrderConfirmation = async (
  transaction: Queryable,
  order: Order,
  traceparent: string,
): Promise<void> => {
  const payload: OrderConfirmation = {
    orderId: order.id,
    to: order.email,
    name: order.name,
    lines: order.lines,
    totalCents: order.totalCents,
    currency: order.currency,
    traceparent,
  }
  await addMail(transaction, orderConfirmationJobName, payload)
}

export const addAccountMail = (
  transaction: Queryable,
  mail: Omit<AccountMail, 'traceparent'>,
  traceparent: string,
): Promise<void> => addMail(transaction, accountMailJobName, { ...mail, traceparent })

const addMail = async (transaction: Queryable, name: string, payload: object): Promise<void> => {
  await transaction.query('insert into outbox (queue, name, payload) values ($1, $2, $3)', [
    mailQueueName,
    name,
    payload,
  ])
}

/** The oldest unsent ones of a queue that no other relay holds; they stay locked until the transaction ends. */
export const lockUnsent = (transaction: Queryable, queue: string, limit: number): Promise<OutboxRow[]> =>
  transaction.query<OutboxRow>(
    `select id, job_id as "jobId", queue, name, payload from outbox where sent_at is null and queue = $1
     order by id limit $2 for update skip locked`,
    [queue, limit],
  )

export const markSent = async (transaction: Queryable, rows: readonly OutboxRow[]): Promise<void> => {
  await transaction.query('update outbox set sent_at = now() where id = any($1::bigint[])', [rows.map(({ id }) => id)])
}

/** Removes the oldest of those that were sent more than `ageSeconds` ago. @returns how many they were, at most `limit` */
export const removeOldSent = async (transaction: Queryable, ageSeconds: number, limit: number): Promise<number> => {
  const removed = await transaction.query(
    `delete from outbox where id in (
       select id from outbox where sent_at < now() - make_interval(secs => $1)
       order by sent_at limit $2 for update skip locked) returning 1`,
    [ageSeconds, limit],
  )
  return removed.length
}
