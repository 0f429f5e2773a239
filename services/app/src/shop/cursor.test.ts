/** Cursors lead to the next page, and only those that a list has given out are taken by it. */
import { assert, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCursors, idAfter, pageOf } from './cursor.ts'

const cursors = createCursors('a key')

test('one row more than the limit means another page', () => {
  expect(pageOf([3, 5, 9], 2)).toEqual({ page: [3, 5], last: 5 })
  expect(pageOf([3, 5, 9], 3)).toEqual({ page: [3, 5, 9], last: undefined })
})

describe('a cursor', () => {
  test('leads back to its place, and looks the same each time', () => {
    const cursor = cursors.at('products', '7')
    expect([idAfter(cursors, 'products', cursor), idAfter(cursors, 'products', undefined)]).toEqual([7, 0])
    expect(cursors.at('products', '7')).toBe(cursor)
    expect(cursor).toMatch(/^[\w-]+$/)
  })

  test.each([
    ['nothing', ''],
    ['too little', 'x'],
    ['a place without a signature', Buffer.from('after:7').toString('base64url')],
    ['a signature without a place', cursors.at('products', '7').slice(0, 21)],
    ['one with something that is no base64url', `${cursors.at('products', '7')}!`],
    ['one of another list', cursors.at('users', '7')],
    ['one of another key', createCursors('another key').at('products', '7')],
  ])('is not %s', (_, cursor) => {
    expect(() => cursors.placeOf('products', cursor)).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }))
  })

  test('has one text: bits that do not count are not passed over', () => {
    const cursor = cursors.at('products', '7')
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const twin = cursor.slice(0, -1) + alphabet.charAt(alphabet.indexOf(cursor.slice(-1)) + 1)
    expect(Buffer.from(twin, 'base64url')).toEqual(Buffer.from(cursor, 'base64url'))
    expect(() => cursors.placeOf('products', twin)).toThrow('not one that this list')
  })

  test('is worth nothing when a single bit is another one', () => {
    const bytes = Buffer.from(cursors.at('products', '1234567'), 'base64url')
    assert(
      property(integer({ min: 0, max: bytes.length * 8 - 1 }), (bit) => {
        const changed = Buffer.from(bytes)
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(() => cursors.placeOf('products', changed.toString('base64url'))).toThrow('not one that this list')
      }),
    )
  })
})
