import { describe, expect, test } from 'vitest'
import { canonicalName, isWithin, labelsOf, nameFromLabels, parentOf, parseName, rootName, sameName } from './name.ts'

const name = parseName

describe('parseName', () => {
  test.each([
    ['www.roundtrip.test', 'www.roundtrip.test.'],
    ['www.roundtrip.test.', 'www.roundtrip.test.'],
    ['.', '.'],
    ['WwW.Test.', 'WwW.Test.'],
    [String.raw`a\.b.test.`, String.raw`a\046b.test.`],
    [String.raw`a\046b.test.`, String.raw`a\046b.test.`],
    [String.raw`\097.test.`, 'a.test.'],
    [String.raw`\000\255\032.test.`, String.raw`\000\255\032.test.`],
    [String.raw`back\\slash.test.`, String.raw`back\092slash.test.`],
    [String.raw`\@.test.`, String.raw`\064.test.`],
    ['_dmarc.*.test.', '_dmarc.*.test.'],
  ])('%s is %s', (text, expected) => {
    expect(name(text)).toBe(expected)
  })

  test('adds the origin to a relative name only', () => {
    const origin = name('roundtrip.test.')
    expect(name('www', origin)).toBe('www.roundtrip.test.')
    expect(name('www.', origin)).toBe('www.')
  })

  test.each([
    ['', 'is empty'],
    ['a..b', 'an empty label'],
    ['.a', 'an empty label'],
    ['a b.test', 'the character " "'],
    ['bücher.test', 'xn--'],
    [String.raw`a\256.test`, 'a bad escape'],
    [String.raw`a\2.test`, 'a bad escape'],
    ['a\\', 'a bad escape'],
    [`${'a'.repeat(64)}.test`, 'a label of 64 octets'],
    [`${'a.'.repeat(127)}a`, 'is 257 octets long'],
  ])('refuses %j', (text, problem) => {
    expect(() => name(text)).toThrow(
      expect.objectContaining({ code: 'DNS_NAME_INVALID', message: expect.stringContaining(problem) }),
    )
  })

  test('takes labels of 63 octets and names of 255', () => {
    const label = 'a'.repeat(63)
    const longest = `${label}.${label}.${label}.${'b'.repeat(61)}.`
    expect(name(longest)).toBe(longest)
    expect(() => name(`${label}.${label}.${label}.${'b'.repeat(62)}.`)).toThrow('256 octets')
  })
})

test('labels and names are each other’s inverse, dots and all', () => {
  const labels = ['a.b', 'c\\d', '\u0000ÿ', 'E']
  expect(labelsOf(nameFromLabels(labels))).toEqual(labels)
  expect(labelsOf(rootName)).toEqual([])
})

test('case is ignored in comparing, for ASCII only', () => {
  expect(sameName(name('WWW.Test.'), name('www.tEST.'))).toBe(true)
  expect(sameName(nameFromLabels(['É']), nameFromLabels(['é']))).toBe(false)
  expect(canonicalName(name('WWW.Test.'))).toBe('www.test.')
})

test('parents lead to the root', () => {
  expect(parentOf(name('a.b.'))).toBe('b.')
  expect(parentOf(name('b.'))).toBe('.')
  expect(parentOf(rootName)).toBeUndefined()
})

test('within is by labels, not by letters', () => {
  const zone = name('roundtrip.test.')
  expect(isWithin(name('Roundtrip.TEST.'), zone)).toBe(true)
  expect(isWithin(name('a.roundtrip.test.'), zone)).toBe(true)
  expect(isWithin(name('notroundtrip.test.'), zone)).toBe(false)
  expect(isWithin(name(String.raw`a\.roundtrip.test.`), zone)).toBe(false)
  expect(isWithin(zone, rootName)).toBe(true)
})
