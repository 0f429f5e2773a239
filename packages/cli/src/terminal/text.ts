/** Measures and cuts text by the columns it takes on a terminal, escape sequences not counted. */
import { stripVTControlCharacters } from 'node:util'

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

// East Asian wide and emoji (UAX #11): two columns each. Good enough for product names in log lines.
const wide = /^(?:\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation})/u

const columnsOf = (grapheme: string): number => (wide.test(grapheme) ? 2 : 1)

/** Columns taken on the terminal. */
export const visibleWidth = (text: string): number => {
  const stripped = stripVTControlCharacters(text)
  // Plain ASCII, the common case, needs no segmentation.
  if (/^[ -~]*$/.test(stripped)) return stripped.length
  let columns = 0
  for (const { segment } of segmenter.segment(stripped)) columns += columnsOf(segment)
  return columns
}

export const padEnd = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - visibleWidth(text)))

export const padStart = (text: string, columns: number): string =>
  ' '.repeat(Math.max(0, columns - visibleWidth(text))) + text

// oxlint-disable-next-line no-control-regex -- matching the escape character is the purpose
const escapeOrText = /\u{1b}\[[0-9;]*m|[^\u{1b}]+|\u{1b}/gu

/** At most so many columns, the last one an ellipsis when something was cut; colours are closed again. */
export const truncate = (text: string, columns: number, ellipsis = '…'): string => {
  if (visibleWidth(text) <= columns) return text
  let left = Math.max(0, columns - visibleWidth(ellipsis))
  let cut = ''
  let full = false
  for (const [part] of text.matchAll(escapeOrText)) {
    // Sequences behind the cut are kept: they only switch styles, and one of them may be the reset.
    if (part.startsWith('\u{1b}')) cut += part
    else if (!full) {
      for (const { segment } of segmenter.segment(part)) {
        left -= columnsOf(segment)
        full = left < 0
        if (full) break
        cut += segment
      }
      if (full) cut += ellipsis
    }
  }
  return cut
}

// oxlint-disable-next-line no-control-regex -- matching control characters is the purpose
const control = /[\u0000-\u001f\u007f-\u009f]/g

/**
 * Text from elsewhere made safe to print: a control character in a logged header could otherwise move the cursor, recolour or
 * retitle the terminal of whoever reads the log.
 */
export const printable = (text: string): string =>
  text.replaceAll(control, (character) => `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`)
