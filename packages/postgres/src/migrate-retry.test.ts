/** Locks that others hold: given up, waited for with growing pauses, and given up for good. */
import { DatabaseError } from 'pg'
import { expect, test } from 'vitest'
import { retryForLocks } from './migrate-retry.ts'

const refused = (code: string): DatabaseError => Object.assign(new DatabaseError('refused', 7, 'error'), { code })

const attempt = async (failures: readonly Error[], random = 1) => {
  const pauses: number[] = []
  const left = [...failures]
  const work = async (): Promise<string> => {
    const failure = left.shift()
    if (failure !== undefined) throw failure
    return 'done'
  }
  const wait = async (ms: number): Promise<void> => void pauses.push(ms)
  const result = await retryForLocks(work, { attempts: 7, random: () => random, wait, retrying: () => {} }).catch(
    (error: unknown) => error,
  )
  return { result, pauses }
}

test('pauses grow to a bound', async () => {
  const { result, pauses } = await attempt(Array.from({ length: 6 }, () => refused('55P03')))
  expect([result, pauses]).toEqual(['done', [500, 1_000, 2_000, 4_000, 8_000, 8_000]])
})

test('pauses differ between runners, and are never short', async () => {
  expect((await attempt([refused('40P01'), refused('40001')], 0)).pauses).toEqual([250, 500])
})

test('the last failure is the one that is reported', async () => {
  const last = refused('55P03')
  const { result, pauses } = await attempt([...Array.from({ length: 6 }, () => refused('55P03')), last])
  expect(result).toBe(last)
  expect(pauses).toHaveLength(6)
})

test('nothing else is tried again', async () => {
  const wrong = refused('42P01')
  expect(await attempt([wrong])).toEqual({ result: wrong, pauses: [] })
})
