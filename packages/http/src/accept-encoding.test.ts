import { describe, expect, it } from 'vitest'
import { negotiateEncoding } from './accept-encoding.ts'

describe('negotiateEncoding', () => {
  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br;q=0, gzip;q=0', 'identity'],
    ['*', 'br'],
    ['*;q=0.1, br;q=0', 'gzip'],
    ['identity, br;q=0.5', 'identity'],
    ['zstd', 'identity'],
    ['br;q=nonsense', 'br'],
    ['br;q=1.1.1, gzip;q=0.1', 'gzip'],
    [',,;', 'identity'],
  ])('%j: %s of br and gzip', (header, coding) => {
    expect(negotiateEncoding(header, ['br', 'gzip'])).toBe(coding)
  })

  it('has nothing but the plain form when nothing else is there', () => {
    expect(negotiateEncoding('br, gzip', [])).toBe('identity')
  })
})
