/** What earlier hops said in `Forwarded` (RFC 7239 §4) or in its ancestors `X-Forwarded-For` and `X-Forwarded-Proto`. */
import { isIP, SocketAddress } from 'node:net'

export interface ForwardedElement {
  /** In its shortest form; undefined when the node is unknown, obfuscated (RFC 7239 §6.3) or malformed. */
  readonly address: string | undefined
  readonly scheme: 'http' | 'https' | undefined
}

/** An address, with a port or without (RFC 7239 §6), brackets around IPv6 or (as only X-Forwarded-For has it) not. */
const parseNode = (text: string): string | undefined => {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\](?::\d{1,5})?|(\d+\.\d+\.\d+\.\d+)(?::\d{1,5})?)$/.exec(text) ?? []
  const address = bracketed ?? plain ?? text
  const version = isIP(address)
  if (version === 0 || address.includes('%')) return undefined
  if (version === 4) return address
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address
  return canonical.startsWith('::ffff:') && canonical.includes('.') ? canonical.slice('::ffff:'.length) : canonical
}

const parseScheme = (text: string | undefined): ForwardedElement['scheme'] => {
  const scheme = text?.toLowerCase()
  return scheme === 'http' || scheme === 'https' ? scheme : undefined
}

/** Parts between separators that do not stand in a quoted string (RFC 9110 §5.6.4); one left open reaches to the end. */
const splitOutsideQuotes = (text: string, separator: ',' | ';'): string[] => {
  const parts: string[] = []
  let isQuoted = false
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (isQuoted && character === '\\') i++
    else if (character === '"') isQuoted = !isQuoted
    else if (character === separator && !isQuoted) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  return [...parts, text.slice(start)]
}

/** A whole quoted string (RFC 9110 §5.6.4), or none at all. */
const isWellQuoted = (text: string): boolean => !text.includes('"') || /^"(?:[^"\\]|\\.)*"$/.test(text)

const unquote = (text: string): string =>
  text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text

/** The parameters of an element by lower-case name; undefined when one comes twice, as the element then means nothing (§4). */
const parseElement = (pairs: readonly string[]): Map<string, string> | undefined => {
  const parameters = new Map<string, string>()
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, Math.max(0, equals)).trim().toLowerCase()
    if (parameters.has(name)) return undefined
    parameters.set(name, unquote(pair.slice(equals + 1).trim()))
  }
  return parameters
}

/**
 * @returns undefined when a quote is open or stands where none may: what a client sent may then swallow what a hop has
 * appended to it, and nobody can tell which is which
 */
export const parseForwarded = (value: string): ForwardedElement[] | undefined => {
  if (value === '') return []
  const elements = splitOutsideQuotes(value, ',').map((element) => splitOutsideQuotes(element, ';'))
  if (!elements.flat().every((pair) => isWellQuoted(pair.slice(pair.indexOf('=') + 1).trim()))) return undefined
  return elements.map((pairs) => {
    const parameters = parseElement(pairs)
    const node = parameters?.get('for')
    return { address: node === undefined ? undefined : parseNode(node), scheme: parseScheme(parameters?.get('proto')) }
  })
}

/** The last scheme is that which the nearest hop gave; it counts for all, as most proxies keep or replace the field. */
export const parseForwardedFor = (addresses: string, schemes: string): ForwardedElement[] => {
  if (addresses === '') return []
  const scheme = parseScheme(schemes.slice(schemes.lastIndexOf(',') + 1).trim())
  return addresses.split(',').map((node) => ({ address: parseNode(node.trim()), scheme }))
}
