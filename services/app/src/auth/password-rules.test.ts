/** Passwords: long and unguessable is enough, and both are needed. */
import { expect, test } from 'vitest'
import { requireGoodPassword } from './password-rules.ts'

const owner = { email: 'rosamund.pennyfeather@example.com', name: 'Rosamund Pennyfeather' }

test.each([
  'three blind mice ran',
  'wxkqvznrtplm',
  'hörnchen und brezel',
  '🐎🔋🏠🌳🚲🎈🍕🎻🧲🪐🌋🧵',
  'x7$Kq!9vR#2m',
  'my name is not Rosamund',
  '8301957264018375',
  `${'long '.repeat(24)}horses!`,
])('%s is taken', (password) => {
  expect(() => requireGoodPassword(password, owner)).not.toThrow()
})

test.each([
  ['too short', 'x7$Kq!9vR#2'],
  ['too short, however many bytes', '🐎🔋🏠🌳🚲🎈'],
  ['too short once it is in one form', 'e\u0301'.repeat(7)],
  ['too long', 'abcd efgh '.repeat(13)],
  ['common', 'Password2024!'],
  ['common, disguised', 'P@$$w0rd--12'],
  ['common, at the end', '1234 letmein !'],
  ['common, twice', 'sunshinesunshine'],
  ['two common ones', 'iloveyou-monkey'],
  ['a sequence', 'abcdefghijkl'],
  ['a row of keys, and more', 'Poiuytrewq!!'],
  ['a row of keys', 'qwertyuiopas'],
  ['a row of keys backwards', 'lkjhgfdsapoi'],
  ['one piece again and again', 'xyzxyzxyzxyz'],
  ['hardly any characters', 'aaaabbbbaaaab'],
  ['a date', '24.12.199012'],
  ['their own name', 'RosamundPennyfeather1'],
  ['their own address', 'rosamund.pennyfeather'],
])('%s is refused: %s', (_, password) => {
  expect(() => requireGoodPassword(password, owner)).toThrow(expect.objectContaining({ code: 'PASSWORD_REFUSED' }))
})
