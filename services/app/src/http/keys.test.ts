/** Keys must be the same everywhere, and differ from purpose to purpose. */
import { expect, test } from 'vitest'
import { keysFrom } from './keys.ts'

const secret = 'no secret at all, but long enough for one'

test('a key is 256 bits, and the same in every instance', () => {
  expect(Buffer.from(keysFrom(secret)('csrf-token'), 'base64url')).toHaveLength(32)
  expect(keysFrom(secret)('csrf-token')).toBe(keysFrom(secret)('csrf-token'))
})

test('another purpose or another secret is another key', () => {
  const keys = [
    keysFrom(secret)('csrf-token'),
    keysFrom(secret)('session-position'),
    keysFrom(`${secret}!`)('csrf-token'),
  ]
  expect(new Set(keys).size).toBe(3)
})
