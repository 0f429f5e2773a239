/** Password hashes: only the right password, whatever the alphabet; work is counted, not timed. */
import { argon2Sync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { argon2Cost, PasswordHashes } from './password-hash.ts'

const cheap = { memoryKiB: 64, passes: 1, parallelism: 1 }
const build = (options: Partial<ConstructorParameters<typeof PasswordHashes>[0]> = {}) =>
  new PasswordHashes({ pepper: 'pepper', cost: cheap, ...options })

test('the cost is what OWASP asks for at least, and stands in the hash', async () => {
  expect(argon2Cost).toEqual({ memoryKiB: 19_456, passes: 2, parallelism: 1 })
  const stored = await new PasswordHashes({ pepper: 'pepper' }).hash('correct horse')
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1,keyid=[\w+/]{8}\$[\w+/]{22}\$[\w+/]{43}$/)
})

test('a hash is argon2id of password, salt and pepper', async () => {
  const stored = await build().hash('correct horse')
  const [salt = '', tag] = stored.split('$').slice(4)
  const expected = argon2Sync('argon2id', {
    message: 'correct horse',
    nonce: Buffer.from(salt, 'base64'),
    parallelism: 1,
    tagLength: 32,
    memory: 64,
    passes: 1,
    secret: 'pepper',
  })
  expect(tag).toBe(expected.toString('base64').replaceAll('=', ''))
})

describe('a password', () => {
  test.each([
    ['itself', 'correct horse', true],
    ['another one', 'correct horsf', false],
    ['a part of it', 'correct', false],
    ['none', '', false],
  ])('is compared with %s', async (_, given, isRight) => {
    const hashes = build()
    const stored = await hashes.hash('correct horse')
    expect(await hashes.verify(given, stored)).toEqual({ isRight, isOutdated: false })
  })

  test('has a salt of its own', async () => {
    const hashes = build()
    expect(await hashes.hash('same')).not.toBe(await hashes.hash('same'))
  })

  test('may be typed on another keyboard', async () => {
    const hashes = build()
    expect((await hashes.verify('cafe\u0301 \uFB01n', await hashes.hash('caf\u00E9 fin'))).isRight).toBe(true)
  })

  test('is not cut off', async () => {
    const hashes = build()
    const long = '🐎'.repeat(127)
    expect((await hashes.verify(`${long}b`, await hashes.hash(`${long}a`))).isRight).toBe(false)
  })
})

test.each([
  ['no account', undefined],
  ['a hash that cannot be read', 'garbage'],
  ['a hash of another kind', '$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$aaaa'],
])('%s costs the work of one, and nothing is right', async (_, stored) => {
  const hashes = build()
  expect(await hashes.verify('x', stored)).toEqual({ isRight: false, isOutdated: false })
  expect(hashes.computed).toBe(1)
})

test('under another pepper nothing is right, at the same price', async () => {
  const stored = await build().hash('correct horse')
  const others = build({ pepper: 'salt' })
  expect((await others.verify('correct horse', stored)).isRight).toBe(false)
  expect(others.computed).toBe(1)
})

test('a hash at another cost is still right, and known to be outdated', async () => {
  const stored = await build({ cost: { ...cheap, passes: 3 } }).hash('correct horse')
  expect(await build().verify('correct horse', stored)).toEqual({ isRight: true, isOutdated: true })
  expect(await build().verify('wrong', stored)).toEqual({ isRight: false, isOutdated: false })
})

test('a crowd is refused instead of filling the memory', async () => {
  const hashes = build({ atOnce: 1 })
  const results = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => hashes.hash(String(n))))
  const refused = results.filter((result) => result.status === 'rejected')
  expect(refused.length).toBe(50 - 33)
  expect(refused[0]?.reason).toMatchObject({ code: 'OVERLOADED' })
})
