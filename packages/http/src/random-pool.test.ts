import { expect, it } from 'vitest'
import { pooledRandom } from './random-pool.ts'

it('gives each portion once, over the edge of the pool too', () => {
  const portions = Array.from({ length: 2000 }, () => pooledRandom(16).toString('hex'))
  expect(new Set(portions).size).toBe(2000)
  expect(portions.every((portion) => portion.length === 32)).toBe(true)
})
