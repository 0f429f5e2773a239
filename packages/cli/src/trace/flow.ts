/** Sets short pieces of text into lines of a given width, as a paragraph of list items. */
import { truncate, visibleWidth } from '../terminal/text.ts'

/** Breaks between pieces; a piece that is wider than a line breaks between words, and a word is cut. */
export const flow = (pieces: readonly string[], columns: number, separator: string): string[] => {
  const lines: string[] = []
  let line = ''
  for (const piece of pieces.filter((text) => text !== '')) {
    const joined = line === '' ? piece : line + separator + piece
    if (visibleWidth(joined) <= columns) {
      line = joined
      continue
    }
    if (line !== '') lines.push(line)
    const words = wrap(piece, columns)
    lines.push(...words.slice(0, -1))
    line = words.at(-1) ?? ''
  }
  return line === '' ? lines : [...lines, line]
}

/** Breaks between words. */
export const wrap = (text: string, columns: number): string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`
    if (visibleWidth(joined) <= columns || line === '') line = joined
    else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line].map((one) => truncate(one, columns))
}
