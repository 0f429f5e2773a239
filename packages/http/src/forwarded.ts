/** Who was forwarded for whom: `Forwarded` (RFC 7239), its `X-Forwarded-*` ancestors, and `Via` (RFC 9110 §7.6.3). */
import { isIP } from 'node:net'
import type { FieldName, Fields } from './fields.ts'
import type { HttpRequest } from './message.ts'

export interface Hop {
  /** Address of the client as this hop saw it. */
  readonly address: string
  readonly scheme: 'http' | 'https'
  /** Host the client asked for. */
  readonly authority: string
}

const forwardingFields = new Set([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-real-ip',
])

/** In which proxies hand on the certificate that a client has shown them (RFC 9440), or did before that was written. */
const certificateFields = new Set([
  'client-cert',
  'client-cert-chain',
  'x-forwarded-client-cert',
  'x-client-cert',
  'x-ssl-client-cert',
])

/** Removes what a client claims about earlier hops, and to be by a certificate. An edge that faces the public trusts none of it. */
export const dropForwarding = (fields: Fields): Fields => drop(fields, isClaim)

/** The same for certificates alone, where earlier hops are believed but have not asked for any. */
export const dropCertificates = (fields: Fields): Fields => drop(fields, isCertificate)

const isForwarding = (name: string): boolean => forwardingFields.has(name)
const isCertificate = (name: string): boolean => certificateFields.has(name)
const isClaim = (name: string): boolean => isForwarding(name) || isCertificate(name)

const drop = (fields: Fields, isDropped: (name: string) => boolean): Fields => {
  const { flat } = fields
  // Backwards, as what was looked at already moves up; most requests have none of them.
  for (let i = flat.length - 2; i >= 0; i -= 2) {
    const name = flat[i] ?? ''
    const mayBe = name.startsWith('x-') || name.startsWith('f') || name.startsWith('cl')
    if (mayBe && isDropped(name)) fields.delete(name as FieldName)
  }
  return fields
}

/** Replaces what the request says about earlier hops by what is known of them, outermost first. */
export const setForwarding = (fields: Fields, addresses: readonly string[]): Fields => {
  drop(fields, isForwarding)
  if (addresses.length === 0) return fields
  fields.append('forwarded', addresses.map((address) => `for=${nodeOf(address)}`).join(', '))
  return fields.append('x-forwarded-for', addresses.join(', '))
}

/** Appends this hop: an element of `Forwarded`, and the `X-Forwarded-*` fields for applications that read those. */
export const addForwarding = (fields: Fields, hop: Hop): Fields => {
  appendToList(fields, 'forwarded', `for=${nodeOf(hop.address)};host="${hop.authority}";proto=${hop.scheme}`)
  if (isIP(hop.address) !== 0) appendToList(fields, 'x-forwarded-for', hop.address)
  fields.set('x-forwarded-proto', hop.scheme)
  fields.set('x-forwarded-host', hop.authority)
  fields.set('x-forwarded-port', portOf(hop))
  return fields
}

/** Appends this hop to Via, with the protocol version in which the message was received. */
export const addVia = (fields: Fields, received: HttpRequest['httpVersion'], name: string): Fields =>
  appendToList(fields, 'via', `${received} ${name}`)

/** Node identifier (RFC 7239 §6). A client that has already gone has no address any more. */
const nodeOf = (address: string): string => {
  const version = isIP(address)
  return version === 6 ? `"[${address}]"` : version === 4 ? address : 'unknown'
}

/** Behind the last colon, unless that is one of a bracketed IPv6 address. */
const portOf = ({ authority, scheme }: Hop): string => {
  const colon = authority.lastIndexOf(':')
  const isPort = colon !== -1 && colon < authority.length - 1 && !authority.endsWith(']')
  return isPort ? authority.slice(colon + 1) : scheme === 'https' ? '443' : '80'
}

const appendToList = (fields: Fields, name: FieldName, element: string): Fields => {
  const list = fields.get(name)
  return fields.set(name, list === undefined ? element : `${list}, ${element}`)
}
