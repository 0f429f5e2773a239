/** What the database is asked for on behalf of a visitor, and what becomes of its answer. */
import type { Consistency, Database, WorkOptions } from '@roundtrip/postgres'
import { describe, expect, test } from 'vitest'
import { newVisit } from '../testing/visit.ts'
import { readFor, type ReadOptions } from './read-for.ts'
import type { Visit } from './visit.ts'

/** @returns how the database was asked, and what the visitor was told to have seen */
const readAs = async (visitor: Partial<Visit>, options?: ReadOptions) => {
  const asked: [Consistency, boolean | undefined][] = []
  const seen: string[] = []
  const read = async (consistency: Consistency, _work: unknown, { tellsPosition }: WorkOptions) => {
    asked.push([consistency, tellsPosition])
    return { value: 'read', node: 'replica-1', ...(tellsPosition === true && { seen: '0C' }) }
  }
  const visit = newVisit({ ...visitor, saw: (lsn) => void seen.push(lsn) })
  expect(await readFor(visit, { read } as unknown as Database, async () => 'read', options)).toBe('read')
  expect(visit.timings.metrics).toMatchObject([{ name: 'db', description: 'replica-1' }])
  return { asked, seen }
}

const cartOnly = { position: '0A' }
const shared = { position: '0B', sharedPosition: '0A' }

describe('a read', () => {
  test.each([undefined, { audience: 'anybody' }, { isStrong: true }] as const)(
    'by somebody who has written nothing costs no question more: %j',
    async (options) => {
      const session = options !== undefined && 'isStrong' in options ? 'strong' : { session: undefined }
      expect(await readAs({}, options)).toEqual({ asked: [[session, false]], seen: [] })
    },
  )

  test('of what is the visitor’s own is held to all that they have written, and counts', async () => {
    expect(await readAs(cartOnly)).toEqual({ asked: [[{ session: '0A' }, true]], seen: ['0C'] })
    expect(await readAs(shared)).toEqual({ asked: [[{ session: '0B' }, true]], seen: ['0C'] })
  })

  test('of what anybody is shown is held to what they have written of that', async () => {
    expect(await readAs(shared, { audience: 'anybody' })).toEqual({ asked: [[{ session: '0A' }, true]], seen: ['0C'] })
    expect(await readAs(cartOnly, { audience: 'anybody' })).toEqual({
      asked: [[{ session: undefined }, false]],
      seen: [],
    })
  })

  test('of what the primary has now counts as well', async () => {
    expect(await readAs(cartOnly, { isStrong: true })).toEqual({ asked: [['strong', true]], seen: ['0C'] })
  })
})
