/** Tables in Markdown, which read well on a terminal, too. */
import type { Ratio } from './ratio.ts'

export const times = ({ median: middle, least, most }: Ratio): string =>
  `${middle.toFixed(2)}× (${least.toFixed(2)}–${most.toFixed(2)})`

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  rows.length === 0 ? [] : [row(head), row(head.map(() => '---')), ...rows.map(row), '']
