/** A connection is asked whom it leads to before anything is written on it; stand-ins answer. */
import type { PoolClient } from 'pg'
import { expect, test } from 'vitest'
import type { Lent } from './connection-pool.ts'
import { NotPrimaryError } from './failure.ts'
import { StatementNames } from './statement-names.ts'
import { inTransaction, type TransactionOptions } from './transaction.ts'
import { Budget } from './work-options.ts'

const options: TransactionOptions = {
  budget: new Budget({}, () => 0),
  isolation: undefined,
  names: new StatementNames(0),
  writeTimeoutMs: 5_000,
  behindPooler: false,
  timeline: 2,
  mayCommit: () => {},
}

/** A connection to a server on that timeline; null for a replica. */
const connectionTo = (timeline: string | null, isNew = true) => {
  const sent: string[] = []
  let discarded = false
  const query = async (asked: string | { text: string }) => {
    const text = typeof asked === 'string' ? asked : asked.text
    sent.push(text)
    if (text.startsWith('commit')) return [{ command: 'COMMIT' }, { rows: [{ timeline: '00000002', lsn: '0/10' }] }]
    return [{ rows: [] }, { rows: [{ timeline }] }]
  }
  const lent: Lent = {
    client: { query } as unknown as PoolClient,
    isNew,
    discard: () => {
      discarded = true
    },
    isDiscarded: () => discarded,
  }
  return { lent, sent, isDiscarded: () => discarded }
}

test.each([null, '00000001'])(
  'a new connection to timeline %s is closed, and the work never begins',
  async (timeline) => {
    const { lent, sent, isDiscarded } = connectionTo(timeline)
    let runs = 0
    const write = inTransaction(lent, options, async () => void runs++)
    await expect(write).rejects.toThrow(NotPrimaryError)
    expect([runs, sent.length, isDiscarded()]).toEqual([0, 1, true])
  },
)

test.each(['00000002', '0000000A'])('on timeline %s the work runs and is committed', async (timeline) => {
  const { lent } = connectionTo(timeline)
  expect(await inTransaction(lent, options, async () => 'done')).toEqual({
    value: 'done',
    lsn: '000000020000000000000010',
  })
})

test('a connection in use since before is asked nothing; behind a pooler it is, each time', async () => {
  const known = connectionTo(null, false)
  await inTransaction(known.lent, options, async () => {})
  expect(known.sent[0]).toBe('begin')
  const pooled = connectionTo(null, false)
  await expect(inTransaction(pooled.lent, { ...options, behindPooler: true }, async () => {})).rejects.toThrow(
    NotPrimaryError,
  )
})

test('isolation and what is left of the time go along with BEGIN', async () => {
  const { lent, sent } = connectionTo(null, false)
  const budget = new Budget({ deadlineMs: 1_234 }, () => 0)
  await inTransaction(lent, { ...options, budget, isolation: 'serializable' }, async () => {})
  expect(sent[0]).toBe('begin isolation level serializable; set local statement_timeout = 1234')
})
