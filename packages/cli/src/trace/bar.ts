/** One row of a waterfall: where a stretch of time lies within the whole, drawn to half a character. */
import type { Window } from './tiers.ts'

export interface Glyphs {
  readonly full: string
  readonly leftHalf: string
  readonly rightHalf: string
  /** Time spent in what is inside. */
  readonly inner: string
  /** Something that took less than half a character. */
  readonly sliver: string
}

export const unicodeGlyphs: Glyphs = { full: '█', leftHalf: '▌', rightHalf: '▐', inner: '░', sliver: '▏' }
export const asciiGlyphs: Glyphs = { full: '#', leftHalf: '#', rightHalf: '#', inner: '-', sliver: '|' }

export interface BarOptions {
  readonly columns: number
  readonly totalMs: number
  readonly span: Window
  /** Parts of the span that belong to others. */
  readonly inner?: readonly Window[]
  readonly glyphs: Glyphs
}

type Half = 'empty' | 'own' | 'inner'

/** @returns exactly `columns` characters */
export const bar = ({ columns, totalMs, span, inner = [], glyphs }: BarOptions): string => {
  const halves = columns * 2
  const scale = totalMs > 0 ? halves / totalMs : 0
  const edgesOf = ({ startMs, durationMs }: Window): [from: number, to: number] => [
    Math.round(startMs * scale),
    Math.round((startMs + durationMs) * scale),
  ]
  const cells = Array.from({ length: halves }, (): Half => 'empty')
  const [from, to] = edgesOf(span)
  cells.fill('own', from, to)
  for (const part of inner) {
    const [start, end] = edgesOf(part)
    cells.fill('inner', Math.max(from, start), Math.min(to, end))
  }
  if (from === to && span.durationMs > 0) return sliver(Math.min(columns - 1, Math.floor(from / 2)), columns, glyphs)
  return Array.from({ length: columns }, (_, column) => glyph(cells[column * 2], cells[column * 2 + 1], glyphs)).join(
    '',
  )
}

const glyph = (left: Half | undefined, right: Half | undefined, glyphs: Glyphs): string => {
  if (left === 'own' && right === 'own') return glyphs.full
  if (left === 'own') return glyphs.leftHalf
  if (right === 'own') return glyphs.rightHalf
  return left === 'inner' || right === 'inner' ? glyphs.inner : ' '
}

const sliver = (column: number, columns: number, glyphs: Glyphs): string =>
  ' '.repeat(column) + glyphs.sliver + ' '.repeat(columns - column - 1)
