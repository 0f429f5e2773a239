/** Cuts a zone file into entries of tokens: comments, parentheses, quotes and escapes (RFC 1035 §5.1). */
import { zoneProblem, type ZoneToken } from './rdata-fields.ts'

/** One directive or record, which parentheses may spread over several lines. */
export interface ZoneEntry {
  readonly tokens: readonly ZoneToken[]
  /** Where it begins. */
  readonly line: number
  /** It starts with white space, so its owner is that of the record before. */
  readonly startsBlank: boolean
}

/** The pieces a line is made of; every character is part of one. */
const piece =
  /(?<blank>[ \t\r\f]+)|(?<comment>;[^\n]*)|(?<newline>\n)|(?<paren>[()])|"(?<string>(?:[^"\\\n]|\\[^\n])*)"|(?<word>(?:[^\s;()"\\]|\\[^\n])+)|(?<bad>.)/gsu

/** @throws RoundtripError `ZONE_INVALID` for a quote or parenthesis without its partner */
export const readEntries = (text: string): ZoneEntry[] => {
  const entries: ZoneEntry[] = []
  let tokens: ZoneToken[] = []
  let line = 1
  let startsBlank = false
  let atLineStart = true
  const openedAt: number[] = []
  const flush = (): void => {
    const first = tokens[0]
    if (first !== undefined) entries.push({ tokens, line: first.line, startsBlank })
    tokens = []
    startsBlank = false
    atLineStart = true
  }
  for (const { groups = {} } of text.matchAll(piece)) {
    if (groups['newline'] !== undefined) {
      line += 1
      if (openedAt.length === 0) flush()
      continue
    }
    if (groups['blank'] !== undefined) startsBlank ||= atLineStart && tokens.length === 0
    else if (groups['paren'] === '(') openedAt.push(line)
    else if (groups['paren'] === ')') {
      if (openedAt.pop() === undefined) throw zoneProblem(line, 'a ) has no partner: expected a ( before it')
    } else if (groups['string'] !== undefined) tokens.push({ text: groups['string'], quoted: true, line })
    else if (groups['word'] !== undefined) tokens.push({ text: groups['word'], quoted: false, line })
    else if (groups['bad'] !== undefined) {
      throw zoneProblem(
        line,
        `a ${groups['bad']} is out of place: expected its partner or an escaped sign on the same line`,
      )
    }
    atLineStart = false
  }
  const unclosed = openedAt.at(-1)
  if (unclosed !== undefined) throw zoneProblem(unclosed, 'a ( has no partner: expected a ) after it')
  flush()
  return entries
}
