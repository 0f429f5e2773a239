/** What the parts of a request may be made of, whatever protocol carried them: one page for every parser. */

import { remembered } from './remembered.ts'

const authority = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._~!$&'()*+;=%-]+)(?::(\d{0,5}))?$/i
const target = /^(?:\/[\u0021\u0022\u0024-\u007E\u0080-\u00FF]*|\*)$/
const value = /^[\t\u0020-\u007E\u0080-\u00FF]*$/
const name = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
const method = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** A token (RFC 9110 §9.1). */
export const isMethod = (text: string): boolean => method.test(text)

/** A path with its query, or `*`. A request line ends at a space, and a fragment is never sent (RFC 9112 §3.2); octets above ASCII pass. */
export const isTarget = (text: string): boolean => target.test(text)

const highestPort = 65_535

/**
 * reg-name, IPv4 or bracketed IPv6 with an optional port (RFC 3986 §3.2.2); no userinfo, no empty host. A comma, which a
 * reg-name may have, looks like two hosts to whoever joins fields.
 */
export const isAuthority = remembered((text) => {
  const match = authority.exec(text)
  return match !== null && Number(match[1] ?? 0) <= highestPort
})

/** A token in lower case (RFC 9110 §5.1). */
export const isFieldName = (text: string): boolean => name.test(text)

/** Fields by which whoever stands behind us frames messages, or believes what a proxy has found out. */
const trustedFields = new Set([
  'transfer-encoding',
  'content-length',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-real-ip',
  'x-request-id',
  'client-cert',
  'client-cert-chain',
])

/**
 * The field that a name with `_` could be taken for behind us, as gateway interfaces after CGI take it for `-` (RFC 3875
 * §4.1.18); undefined where that does no harm. @param name in lower case
 */
export const disguisedField = (fieldName: string): string | undefined => {
  if (!fieldName.includes('_')) return undefined
  const meant = fieldName.replaceAll('_', '-')
  return trustedFields.has(meant) ? meant : undefined
}

/** No octets that would end a line further on (RFC 9110 §5.5), none that a line cannot carry. */
export const isFieldValue = (text: string): boolean => value.test(text)
