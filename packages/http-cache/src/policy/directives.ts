/** Cache-Control directives (RFC 9111 §5.2). */
import { remembered } from '@roundtrip/http'

/** What a Cache-Control field says. `seconds` are whole; one that cannot be read counts as 0 (§4.2.1: rather stale). */
export interface Directives {
  /** Lower-case names with their arguments unquoted; of those without an argument the empty string. */
  readonly arguments: ReadonlyMap<string, string>
}

/** delta-seconds beyond this mean "for ever" (§1.2.2). */
const greatestSeconds = 2_147_483_648

const none: Directives = { arguments: new Map() }

/** Where the list member that begins at `from` ends: at a comma outside quotes. */
const memberEnd = (text: string, from: number): number => {
  let quoted = false
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x22) quoted = !quoted
    else if (quoted && code === 0x5c) i++
    else if (!quoted && code === 0x2c) return i
  }
  return text.length
}

export const unquote = (text: string): string =>
  text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text

/** Without an argument they speak of the whole response, with one of the fields it lists (§5.2.2.4, §5.2.2.7). */
const qualifiable = new Set(['private', 'no-cache'])

/**
 * Of two numbers the smaller one holds, of `private` and `no-cache` what they say together, of other repetitions the
 * first (§4.2.1: the most restrictive, or the first).
 */
const merge = (name: string, before: string | undefined, value: string): string => {
  if (before === undefined) return value
  if (qualifiable.has(name)) return before === '' || value === '' ? '' : `${before},${value}`
  if (toSeconds(before) === undefined || toSeconds(value) === undefined) return before === '' ? value : before
  return Number(value) < Number(before) ? value : before
}

const readDirectives = (field: string): Directives => {
  const found = new Map<string, string>()
  for (let from = 0; from < field.length;) {
    const to = memberEnd(field, from)
    const member = field.slice(from, to).trim()
    from = to + 1
    if (member === '') continue
    const equals = member.indexOf('=')
    const name = (equals === -1 ? member : member.slice(0, equals)).toLowerCase()
    // A blank before "=" makes another name of it, and one after it no number: both are as good as unknown.
    found.set(name, merge(name, found.get(name), equals === -1 ? '' : unquote(member.slice(equals + 1))))
  }
  return { arguments: found }
}

/** Origins say the same few things again and again. */
const mostRemembered = 1024
const read = remembered(readDirectives, mostRemembered)

/** Reads a whole field, its lines joined by commas. Unknown directives are kept and harm nobody. */
export const parseDirectives = (field: string | undefined): Directives =>
  field === undefined || field === '' ? none : read(field)

/** A non-negative integer of digits only, capped; undefined for anything else. */
export const toSeconds = (text: string): number | undefined => {
  if (text === '') return undefined
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x30 || code > 0x39) return undefined
  }
  return Math.min(Number(text), greatestSeconds)
}

export const has = ({ arguments: found }: Directives, name: string): boolean => found.has(name)

/** The argument in seconds; 0 when it is none, undefined when the directive is absent. */
export const secondsOf = ({ arguments: found }: Directives, name: string): number | undefined => {
  const argument = found.get(name)
  return argument === undefined ? undefined : (toSeconds(argument) ?? 0)
}

/** The field names that `no-cache="a, b"` or `private="a, b"` list, in lower case; empty for the bare directive. */
export const namesOf = ({ arguments: found }: Directives, name: string): string[] =>
  (found.get(name) ?? '')
    .split(',')
    .map((one) => one.trim().toLowerCase())
    .filter((one) => one !== '')

/** The directive in its bare form, which speaks of the whole response. */
export const isBare = (directives: Directives, name: string): boolean =>
  has(directives, name) && namesOf(directives, name).length === 0
