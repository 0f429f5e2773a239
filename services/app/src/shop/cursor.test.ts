/** Cursors lead to the next page, and only those that were given out are taken. */
import { expect, test } from 'vitest'
import { decodeCursor, encodeCursor, pageOf } from './cursor.ts'

const rows = [{ id: 3 }, { id: 5 }, { id: 9 }]

test('one row more than the limit means another page', () => {
  const { page, nextCursor } = pageOf(rows, 2)
  expect(page).toEqual([{ id: 3 }, { id: 5 }])
  expect(decodeCursor(nextCursor)).toBe(5)
  expect(pageOf(rows, 3)).toEqual({ page: rows })
})

test.each(['x', 'YWZ0ZXI6', encodeCursor(1).slice(1), Buffer.from('after:1 or 1=1').toString('base64url')])(
  '%j is refused',
  (cursor) => expect(() => decodeCursor(cursor)).toThrow('not one that this list has given out'),
)
