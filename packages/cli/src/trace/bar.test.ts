import { describe, expect, it } from 'vitest'
import { asciiGlyphs, bar, unicodeGlyphs } from './bar.ts'

const draw = (startMs: number, durationMs: number, inner: { startMs: number; durationMs: number }[] = []) =>
  bar({ columns: 10, totalMs: 20, span: { startMs, durationMs }, inner, glyphs: unicodeGlyphs })

describe('a bar', () => {
  it('lies where its time lies', () => {
    expect(draw(0, 20)).toBe('██████████')
    expect(draw(4, 4)).toBe('  ██      ')
    expect(draw(18, 2)).toBe('         █')
  })

  it('is drawn to half a character', () => {
    expect(draw(3, 4)).toBe(' ▐█▌      ')
    expect(draw(3, 1)).toBe(' ▐        ')
    expect(draw(4, 1)).toBe('  ▌       ')
  })

  it('shows what belongs to others', () => {
    expect(draw(0, 20, [{ startMs: 4, durationMs: 8 }])).toBe('██░░░░████')
    expect(draw(4, 4, [{ startMs: 0, durationMs: 20 }])).toBe('  ░░      ')
  })

  it('never loses something short, and nothing takes no room', () => {
    expect(draw(4, 0.01)).toBe('  ▏       ')
    expect(draw(20, 0.01)).toBe('         ▏')
    expect(draw(4, 0)).toBe('          ')
  })

  it('has a form in ASCII', () => {
    const options = { columns: 10, totalMs: 20, glyphs: asciiGlyphs }
    const inner = [{ startMs: 6, durationMs: 4 }]
    expect(bar({ ...options, span: { startMs: 3, durationMs: 9 }, inner })).toBe(' ##--#    ')
    expect(bar({ ...options, span: { startMs: 4, durationMs: 0.1 } })).toBe('  |       ')
  })

  it('survives a trace without time', () => {
    expect(bar({ columns: 3, totalMs: 0, span: { startMs: 0, durationMs: 0 }, glyphs: asciiGlyphs })).toBe('   ')
  })
})
