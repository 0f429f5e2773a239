import { expect, it } from 'vitest'
import { isDueEarly } from './early-refresh.ts'

const half = () => 0.5

it('is likelier the nearer the end and the slower the load', () => {
  expect(isDueEarly({ leftMs: 70, deltaMs: 100 }, 1, half)).toBe(false) // -ln 0.5 × 100 ms = 69.3 ms
  expect(isDueEarly({ leftMs: 69, deltaMs: 100 }, 1, half)).toBe(true)
  expect(isDueEarly({ leftMs: 138, deltaMs: 100 }, 2, half)).toBe(true)
  expect(isDueEarly({ leftMs: 60_000, deltaMs: 1 }, 1, half)).toBe(false)
})

it('never is when switched off, and not for what costs nothing to load', () => {
  expect(isDueEarly({ leftMs: 0, deltaMs: 100 }, 0, half)).toBe(false)
  expect(isDueEarly({ leftMs: 10, deltaMs: 0 }, 1, () => 0)).toBe(false)
})
