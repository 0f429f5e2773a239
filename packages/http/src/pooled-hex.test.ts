import { expect, it } from 'vitest'
import { pooledHex } from './pooled-hex.ts'

it('gives each portion once, over the edge of the pool too', () => {
  const portions = Array.from({ length: 2000 }, () => pooledHex(32))
  expect(new Set(portions).size).toBe(2000)
  expect(portions.every((portion) => /^[0-9a-f]{32}$/.test(portion))).toBe(true)
})
