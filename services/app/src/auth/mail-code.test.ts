/** Codes by mail: right for ten minutes, for this mailbox, this purpose and this state only. */
import { expect, test } from 'vitest'
import { mailCodes, type MailCodeClaim } from './mail-code.ts'

const claim: MailCodeClaim = { purpose: 'sign-up', email: 'alice@example.com', state: '' }
const minuteMs = 60_000
let nowMs = 1_800_000_000_000
const codes = mailCodes('key', () => nowMs)

test('a code is 80 bits in groups that people can type', () => {
  expect(codes.make(claim)).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/)
  expect(codes.isRight(claim, codes.make(claim))).toBe(true)
  expect(codes.isRight(claim, ` ${codes.make(claim).toUpperCase().replaceAll('-', ' ').replaceAll('1', 'I')}`)).toBe(
    true,
  )
})

test('it counts for ten minutes', () => {
  const code = codes.make(claim)
  nowMs += 9 * minuteMs
  expect(codes.isRight(claim, code)).toBe(true)
  nowMs += minuteMs
  expect(codes.isRight(claim, code)).toBe(false)
})

test.each([
  ['another mailbox', { ...claim, email: 'eve@example.com' }],
  ['another purpose', { ...claim, purpose: 'password-reset' } as const],
  ['what it has changed already', { ...claim, state: '$argon2id$…' }],
  ['a mailbox that is put together the same', { ...claim, email: 'alice@example.com","', state: '' }],
])('it is worth nothing for %s', (_, other) => {
  expect(codes.isRight(other, codes.make(claim))).toBe(false)
})

test.each(['', '0', 'x'.repeat(16), 'ü'.repeat(8), '0000-0000-0000-0000-0000'])('%s is none', (text) => {
  expect(codes.isRight(claim, text)).toBe(false)
})

test('under another key it is none', () => {
  expect(mailCodes('other', () => nowMs).isRight(claim, codes.make(claim))).toBe(false)
})
