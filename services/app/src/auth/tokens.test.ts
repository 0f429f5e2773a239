/** Tokens: each that was made is one, hardly anything else is, and no field makes the parser fail. */
import { randomBytes, randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { bearerOf, isToken, newToken, tokenHash } from './tokens.ts'

const rounds = 2000

test('every token that was made is one, and none is made twice', () => {
  const tokens = Array.from({ length: rounds }, newToken)
  expect(tokens.filter((token) => !isToken(token))).toEqual([])
  expect(new Set(tokens.map((token) => tokenHash(token).toString('hex'))).size).toBe(rounds)
})

test('one with any character changed, missing or added is none', () => {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz_'
  for (let round = 0; round < rounds; round++) {
    const token = newToken()
    const at = randomInt(token.length)
    const other = alphabet.replace(token[at] ?? '', '')[randomInt(alphabet.length - 1)] ?? ''
    expect(isToken(token.slice(0, at) + other + token.slice(at + 1))).toBe(false)
    expect(isToken(token.slice(0, at) + token.slice(at + 1))).toBe(false)
    expect(isToken(token.slice(0, at) + other + token.slice(at))).toBe(false)
  }
})

test('no text at all is one by accident, or makes it throw', () => {
  for (let round = 0; round < rounds; round++) {
    const text = randomBytes(randomInt(100)).toString(round % 2 === 0 ? 'latin1' : 'base64url')
    expect(isToken(text) || isToken(`rtp_${text}`)).toBe(false)
    expect(['string', 'undefined']).toContain(typeof bearerOf(text))
    expect(bearerOf(`Bearer ${text}`)).toBeTypeOf('string')
  }
})

test.each([
  ['Bearer abc', 'abc'],
  ['bearer   abc  ', 'abc'],
  ['BEARER a.b-c_d~e+f/g==', 'a.b-c_d~e+f/g=='],
  ['Bearer', ''],
  ['Bearer ', ''],
  ['Bearer a b', ''],
  ['Bearer a,b', ''],
  ['Bearerabc', undefined],
  ['Basic abc', undefined],
  ['', undefined],
  [undefined, undefined],
])('Authorization: %s', (field, token) => {
  expect(bearerOf(field)).toBe(token)
})
