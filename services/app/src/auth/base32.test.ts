/** Base32: whatever bytes, and back from what people type. */
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { asTyped, toBase32 } from './base32.ts'

const bitsOf = (text: string): string =>
  Array.from(text, (digit) => '0123456789abcdefghjkmnpqrstvwxyz'.indexOf(digit).toString(2).padStart(5, '0')).join('')

test('any bytes are all in there, and nothing else is', () => {
  for (let length = 0; length < 40; length++) {
    const bytes = randomBytes(length)
    const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
    const text = toBase32(bytes)
    expect(bitsOf(text).slice(0, bits.length)).toBe(bits)
    expect(bitsOf(text).slice(bits.length)).toMatch(/^0{0,4}$/)
  }
})

test('what people type is what was meant', () => {
  expect(asTyped(' ABCD-efgh 0O1IlL ')).toBe('abcdefgh001111')
})
