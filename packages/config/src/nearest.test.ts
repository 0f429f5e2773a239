import { describe, expect, it } from 'vitest'
import { nearest } from './nearest.ts'

const known = ['up', 'status', 'open', 'edge', 'edge-1']

describe('nearest', () => {
  it.each([
    ['stauts', 'status'],
    ['opne', 'open'],
    ['egde', 'edge'],
    ['edg', 'edge'],
    ['edge-2', 'edge-1'],
    ['statusses', 'status'],
  ])('%s is taken for %s', (typed, meant) => {
    expect(nearest(typed, known)).toBe(meant)
  })

  it.each(['xyz', '', 'on', 'completely-else'])('%j is taken for nothing', (typed) => {
    expect(nearest(typed, known)).toBeUndefined()
  })
})
