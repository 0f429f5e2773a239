import { describe, expect, it } from 'vitest'
import { coloursFor } from './colours.ts'
import { padEnd, padStart, printable, truncate, visibleWidth } from './text.ts'

const { red } = coloursFor(true)

describe('visibleWidth', () => {
  it.each([
    ['abc', 3],
    [red('abc'), 3],
    ['é', 1],
    ['e\u0301', 1],
    ['日本', 4],
    ['👩‍👩‍👧', 2],
    ['…✓', 2],
  ])('%j takes %i columns', (text, columns) => {
    expect(visibleWidth(text)).toBe(columns)
  })
})

describe('padding', () => {
  it('counts what is visible', () => {
    expect(padEnd(red('ab'), 4)).toBe(`${red('ab')}  `)
    expect(padStart('日', 4)).toBe('  日')
    expect(padEnd('abcdef', 4)).toBe('abcdef')
  })
})

describe('truncate', () => {
  it('keeps what fits and marks what does not', () => {
    expect(truncate('abcdef', 6)).toBe('abcdef')
    expect(truncate('abcdef', 5)).toBe('abcd…')
    expect(truncate('日本語', 4)).toBe('日…')
    expect(truncate('abc', 0, '')).toBe('')
  })

  it('closes colours it cuts through', () => {
    expect(truncate(`${red('abcdef')}g`, 4)).toBe(red('abc…'))
  })
})

describe('printable', () => {
  it('makes control characters of a log line harmless', () => {
    expect(printable('a\u{1b}]0;title\u{7}b\r\n\u{9b}2J')).toBe(String.raw`a\x1b]0;title\x07b\x0d\x0a\x9b2J`)
    expect(printable('Grüße, 日本')).toBe('Grüße, 日本')
  })
})
