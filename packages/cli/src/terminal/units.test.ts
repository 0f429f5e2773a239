import { describe, expect, it } from 'vitest'
import { age, duration, memory } from './units.ts'

describe('duration', () => {
  it.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [3400, '3.4 s'],
    [9949, '9.9 s'],
    [9960, '10 s'],
    [59_600, '1 min 0 s'],
    [245_000, '4 min 5 s'],
    [3_600_000, '1 h 0 min'],
    [90_000_000, '1 d 1 h'],
  ])('%i ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text)
  })
})

describe('age', () => {
  it.each([
    [-5, '0 s'],
    [3999, '3 s'],
    [61_999, '1 min 1 s'],
  ])('%i ms are %s', (ms, text) => {
    expect(age(ms)).toBe(text)
  })
})

describe('memory', () => {
  it.each([
    [35_756_441, '34.1 MiB'],
    [850 * 2 ** 20, '850 MiB'],
  ])('%i bytes are %s', (bytes, text) => {
    expect(memory(bytes)).toBe(text)
  })
})
