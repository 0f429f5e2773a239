import { describe, expect, it } from 'vitest'
import { coloursFor, coloursWanted, tierPaint } from './colours.ts'

describe('coloursWanted', () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ TERM: 'dumb' }, true, false],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
  ])('%j on a terminal: %s → %s', (env, isTty, expected) => {
    expect(coloursWanted(env, isTty)).toBe(expected)
  })
})

describe('coloursFor', () => {
  it('passes text through when off, and closes what it opens when on', () => {
    expect(coloursFor(false).red('x')).toBe('x')
    expect(coloursFor(true).red('x')).toBe('\u{1b}[31mx\u{1b}[39m')
  })

  it('paints tiers, each in its own colour, and nothing else', () => {
    const colours = coloursFor(true)
    const painted = ['dns', 'edge', 'web', 'app', 'worker', 'data'].map((tier) => tierPaint(colours, tier)('x'))
    expect(new Set(painted).size).toBe(6)
    expect(tierPaint(colours, 'launcher')('x')).toBe('x')
  })
})
