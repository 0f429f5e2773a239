/** Columns of text under a header, aligned by what is visible. */
import type { Colours } from './colours.ts'
import { padEnd, padStart, visibleWidth } from './text.ts'

export interface Column {
  readonly title: string
  /** Numbers stand to the right. Default: left. */
  readonly align?: 'left' | 'right'
}

export interface TableOptions {
  readonly colours: Colours
  /** Spaces before each line. Default: 0. */
  readonly indent?: number
  /** Spaces between columns. Default: 2. */
  readonly gap?: number
}

/** @returns lines without newlines, the header first; a cell that is missing is empty */
export const table = (
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { colours, indent = 0, gap = 2 }: TableOptions,
): string[] => {
  const widths = columns.map(({ title }, index) =>
    Math.max(visibleWidth(title), ...rows.map((row) => visibleWidth(row[index] ?? ''))),
  )
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => (align === 'right' ? padStart : padEnd)(cells[index] ?? '', widths[index] ?? 0))
      .join(' '.repeat(gap))
      .trimEnd()
  const header = colours.dim(line(columns.map(({ title }) => title)))
  return [header, ...rows.map(line)].map((text) => ' '.repeat(indent) + text)
}
