/** The field section of a message head (RFC 9112 §5), read strictly: what two parsers could read differently is refused. */
import { disguisedField, isFieldName } from '@roundtrip/http'
import { knownNameAt, knownNames } from './known-names.ts'
import { malformed, type MessageKind } from './malformed.ts'

const space = 0x20
const tab = 0x09
const carriageReturn = 0x0d

/**
 * What no head may hold: controls but for tab, CR and LF (RFC 9110 §5.5), and what is no octet. A loop over the text takes longer,
 * in an edge that has run for a while several times as long.
 */
// oxlint-disable-next-line no-control-regex -- controls are what it looks for
const controls = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\u0100-\uFFFF]/

/** @throws RoundtripError when a head holds an octet that is allowed nowhere in it */
export const refuseControls = (head: string, kind: MessageKind): void => {
  if (controls.test(head)) throw malformed(kind, 'The head of the message holds a control character.')
}

/**
 * The end of the line that begins at `start`: the offset of its CRLF.
 *
 * @throws RoundtripError for a bare CR or a bare LF, each of which some parsers take for the end of a line (RFC 9112 §2.2)
 */
export const endOfLine = (head: string, start: number, kind: MessageKind): number => {
  const end = head.indexOf('\n', start) - 1
  if (end < start || head.charCodeAt(end) !== carriageReturn || head.indexOf('\r', start) !== end) {
    throw malformed(kind, 'A line of the message does not end with CRLF, or holds a bare CR or LF.')
  }
  return end
}

const isBlank = (code: number): boolean => code === space || code === tab

/** Optional whitespace around a value is not part of it (RFC 9112 §5). */
const trimmed = (head: string, start: number, end: number): string => {
  let from = start
  let to = end
  while (from < to && isBlank(head.charCodeAt(from))) from++
  while (to > from && isBlank(head.charCodeAt(to - 1))) to--
  return head.slice(from, to)
}

const nameOf = (text: string, kind: MessageKind): string => {
  const name = text.toLowerCase()
  // Spaces before the colon and folded lines (RFC 9112 §5.1, §5.2) end here too: neither can be part of a token.
  if (!isFieldName(name)) throw malformed(kind, 'A field name is empty or holds a character that is not allowed.')
  const meant = kind === 'request' ? disguisedField(name) : undefined
  if (meant !== undefined) throw malformed(kind, `The field ${name} could be taken for ${meant}.`)
  return knownNames.get(name) ?? name
}

/** Shared as parsing never waits. A list that grows by itself makes room for more than most heads have. */
const scratch: string[] = []

/** Notes what a field means while fields are read. @returns whether it stays among them */
export type NoteField = (name: string, value: string) => boolean

/**
 * Reads field lines, each ended by CRLF, to an empty one or to the end of the text.
 *
 * @param head without forbidden controls, see `refuseControls`
 * @returns flat names and values, for `Fields.adopt`
 * @throws RoundtripError when a line is malformed, or there are more than `maxFields` (`HEADERS_TOO_LARGE`)
 */
export const lexFields = (
  head: string,
  start: number,
  maxFields: number,
  kind: MessageKind,
  note: NoteField,
): string[] => {
  let count = 0
  let length = 0
  for (let at = start; at < head.length;) {
    const end = endOfLine(head, at, kind)
    if (end === at) break
    const colon = head.indexOf(':', at)
    if (colon === -1 || colon > end) throw malformed(kind, 'A field line has no colon.')
    if (++count > maxFields) {
      throw malformed(kind, `The message has more than ${maxFields} fields.`, 'HEADERS_TOO_LARGE')
    }
    const name = knownNameAt(head, at, colon) ?? nameOf(head.slice(at, colon), kind)
    const value = trimmed(head, colon + 1, end)
    if (note(name, value)) {
      scratch[length++] = name
      scratch[length++] = value
    }
    at = end + 2
  }
  return scratch.slice(0, length)
}
