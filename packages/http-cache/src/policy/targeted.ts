/** Targeted fields, which are structured dictionaries (RFC 9213 §2.1, RFC 9651 §3.2): an unknown member may be of any type. */
import { toSeconds, unquote, type Directives } from './directives.ts'

const keyText = '[a-z*][a-z0-9_.*-]*'
const stringText = '"(?:[ !#-[\\]-~]|\\\\["\\\\])*"'
const itemText = [
  '-?\\d{1,12}\\.\\d{1,3}(?!\\d)',
  '-?\\d{1,15}(?![\\d.])',
  stringText,
  "[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*",
  ':[A-Za-z0-9+/=]*:',
  '\\?[01]',
  '@-?\\d{1,15}(?![\\d.])',
  '%"(?:[ !#$&-~]|%[0-9a-f]{2})*"',
].join('|')
const parametersText = `(?:; *${keyText}(?:=(?:${itemText}))?)*`
const memberText = `(?:${itemText})${parametersText}`
const key = new RegExp(`^${keyText}`)
const item = new RegExp(`^(?:${itemText})`)
const innerList = new RegExp(`^\\( *(?:${memberText}(?: +${memberText})*)? *\\)`)
const parameters = new RegExp(`^${parametersText}`)
const separator = /^[ \t]*(?:,[ \t]*|$)/

/** Those that take a number; any other type makes the whole field invalid. */
const numeric = new Set(['max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error'])

/** Of values that are neither text nor number it is enough to know that they are there. */
const isUnquotable = (said: string): boolean => said !== '?1' && !said.startsWith('(')

/** Reads a targeted field (RFC 9213 §2.1). Undefined when it is no structured dictionary, or empty: it is then ignored. */
export const parseTargeted = (field: string | undefined): Directives | undefined => {
  if (field === undefined) return undefined
  let rest = field.trim()
  const take = (pattern: RegExp): string | undefined => {
    const found = pattern.exec(rest)?.[0]
    if (found !== undefined) rest = rest.slice(found.length)
    return found
  }
  const found = new Map<string, string>()
  while (rest !== '') {
    const name = take(key)
    if (name === undefined) return undefined
    let value = ''
    if (rest.startsWith('=')) {
      rest = rest.slice(1)
      const said = take(item) ?? take(innerList)
      if (said === undefined || (numeric.has(name) && toSeconds(said) === undefined)) return undefined
      if (said === '?0') {
        found.delete(name)
        value = '?0'
      } else value = isUnquotable(said) ? unquote(said) : ''
    } else if (numeric.has(name)) return undefined
    take(parameters)
    const comma = take(separator)
    if (comma === undefined || (comma.includes(',') && rest === '')) return undefined
    if (value !== '?0') found.set(name, value)
  }
  return found.size === 0 ? undefined : { arguments: found }
}
