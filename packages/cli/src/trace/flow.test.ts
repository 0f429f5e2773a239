import { describe, expect, it } from 'vitest'
import { flow, wrap } from './flow.ts'

describe('flow', () => {
  it('breaks between pieces first', () => {
    expect(flow(['one', 'two', 'three four'], 12, ', ')).toEqual(['one, two', 'three four'])
  })

  it('breaks a long piece between words, and goes on behind it', () => {
    expect(flow(['a', 'much longer than it', 'b'], 10, ', ')).toEqual(['a', 'much', 'longer', 'than it, b'])
  })

  it('cuts a word that is wider than the line', () => {
    expect(wrap('abcdefghijkl', 6)).toEqual(['abcde…'])
  })

  it('is empty without pieces', () => {
    expect(flow(['', ''], 10, ', ')).toEqual([])
  })
})
