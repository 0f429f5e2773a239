import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentRange, selectRange } from './range.ts'

const part = (first: number, last: number) => ({ kind: 'part', range: { first, last } })

describe('selectRange', () => {
  it.each([
    ['bytes=0-4', part(0, 4)],
    ['bytes=5-', part(5, 9)],
    ['bytes=-3', part(7, 9)],
    ['bytes=-30', part(0, 9)],
    ['bytes=9-99', part(9, 9)],
    ['BYTES=0-0', part(0, 0)],
    ['bytes=10-', { kind: 'unsatisfiable' }],
    ['bytes=-0', { kind: 'unsatisfiable' }],
    [`bytes=${'9'.repeat(400)}-`, { kind: 'unsatisfiable' }],
    ['bytes=4-2', { kind: 'whole' }],
    ['bytes=0-1,3-4', { kind: 'whole' }],
    ['bytes=-', { kind: 'whole' }],
    ['bytes=a-b', { kind: 'whole' }],
    ['lines=0-1', { kind: 'whole' }],
    [undefined, { kind: 'whole' }],
  ])('%s of ten bytes', (header, selection) => {
    expect(selectRange(header, 10)).toEqual(selection)
  })

  it('finds no part in an empty representation', () => {
    expect(selectRange('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' })
    expect(selectRange('bytes=-5', 0)).toEqual({ kind: 'whole' })
  })

  it('never selects outside of the representation', () => {
    const position = fc.option(fc.nat(), { nil: '' })
    fc.assert(
      fc.property(position, position, fc.nat({ max: 1000 }), (from, to, size) => {
        const selection = selectRange(`bytes=${from}-${to}`, size)
        const { first, last } = selection.kind === 'part' ? selection.range : { first: 0, last: 0 }
        expect(first).toBeGreaterThanOrEqual(0)
        expect(last).toBeGreaterThanOrEqual(first)
        expect(selection.kind !== 'part' || last < size).toBe(true)
      }),
      { seed: 4 },
    )
  })
})

describe('contentRange', () => {
  it('counts inclusively', () => {
    expect(contentRange({ first: 0, last: 4 }, 10)).toBe('bytes 0-4/10')
  })
})
