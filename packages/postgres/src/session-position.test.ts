/** Clients carry positions; they must not be able to make them up, or to keep them for ever. */
import { expect, test } from 'vitest'
import { sessionPosition } from './session-position.ts'

const lsn = '0000000100000016B374D848'
let now = Date.UTC(2026, 0, 1)
const position = sessionPosition({ secret: 'secret', ttlMs: 1_000, clock: () => now })

test('comes back as it was signed, in any process with the secret, until it expires', () => {
  const text = position.sign(lsn)
  expect(text).toMatch(/^[\w.-]+$/)
  expect(sessionPosition({ secret: 'secret', clock: () => now }).verify(text)).toEqual({
    position: lsn,
    expiresMs: now + 1_000,
  })
  now += 999
  expect(position.verify(text)?.position).toBe(lsn)
  now += 1
  expect(position.verify(text)).toBeUndefined()
})

test('is given another position under the expiry that it had', () => {
  const { expiresMs = 0 } = position.verify(position.sign(lsn)) ?? {}
  const later = position.sign('0000000200000016B374D849', expiresMs)
  now += 999
  expect(position.verify(later)).toEqual({ position: '0000000200000016B374D849', expiresMs })
  now += 1
  expect(position.verify(later)).toBeUndefined()
})

test('under another secret it is nothing', () => {
  expect(sessionPosition({ secret: 'other' }).verify(position.sign(lsn))).toBeUndefined()
})

test('no change of any character goes unnoticed', () => {
  const text = position.sign(lsn)
  // All but the last, of whose six bits base64url uses four.
  const changes = Array.from(
    text.slice(0, -1),
    (character, at) => text.slice(0, at) + (character === 'A' ? 'B' : 'A') + text.slice(at + 1),
  )
  expect(changes.filter((changed) => position.verify(changed) !== undefined)).toEqual([])
})

test.each(['', '.', 'FFFFFFFFFFFFFFFFFFFFFFFF', `${lsn}.zzzz.`, `${lsn}.1.${'A'.repeat(43)}`, 'x'.repeat(10_000)])(
  '%j is nothing',
  (text) => expect(position.verify(text)).toBeUndefined(),
)
