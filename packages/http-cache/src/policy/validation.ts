/** Asking the origin whether a stored response still holds (RFC 9111 §4.3), and what its answer makes of it. */
import { Fields, type HttpRequest } from '@roundtrip/http'
import { headOf, StoredResponse, type Head } from '../stored-response.ts'
import type { Exchanged } from './age.ts'
import { parseDirectives } from './directives.ts'
import { policyOf, type FreshnessDefaults } from './freshness.ts'
import type { InnerRules } from './inner.ts'
import { varyNames } from './selection.ts'
import { whyNotKept, type StorabilityRules, type Unstorable } from './storability.ts'
import { updateFields } from './stored-fields.ts'

/** What a client conditions its own request on; the cache asks in its own name (§4.3.1). */
const clientConditions = ['if-none-match', 'if-modified-since', 'if-range', 'range'] as const

export const withoutConditions = (fields: Fields): Fields => {
  const plain = fields.clone()
  for (const name of clientConditions) plain.delete(name)
  return plain
}

/**
 * The fields of a conditional request: the entity tags of all stored variants, since the origin may choose any of
 * them, and the date of the one that was selected (§4.3.1).
 */
export const conditionalFields = (
  fields: Fields,
  selected: StoredResponse | undefined,
  variants: readonly StoredResponse[],
): Fields => {
  const conditional = withoutConditions(fields)
  const etags = new Set<string>()
  if (selected?.head.etag !== undefined) etags.add(selected.head.etag)
  for (const { head, partial } of variants) if (head.etag !== undefined && partial === undefined) etags.add(head.etag)
  if (etags.size > 0) conditional.append('if-none-match', [...etags].join(', '))
  if (selected?.head.lastModified !== undefined) conditional.append('if-modified-since', selected.head.lastModified)
  return conditional
}

const isStrong = (etag: string): boolean => !etag.startsWith('W/')
const opaque = (etag: string): string => (etag.startsWith('W/') ? etag.slice(2) : etag)

/** Which stored response a 304 speaks of (§4.3.4): by strong tag, by weak tag, by date, or the one that was asked for. */
export const freshenedBy = (
  fields: Fields,
  selected: StoredResponse | undefined,
  variants: readonly StoredResponse[],
): StoredResponse | undefined => {
  const etag = fields.get('etag')
  if (etag !== undefined) {
    const named = variants.filter(({ head }) => head.etag !== undefined && opaque(head.etag) === opaque(etag))
    if (isStrong(etag)) return named.find(({ head }) => head.etag === etag)
    return selected !== undefined && named.includes(selected) ? selected : named[0]
  }
  if (selected !== undefined) return selected
  const modified = fields.get('last-modified')
  return modified === undefined ? undefined : variants.find(({ head }) => head.lastModified === modified)
}

/** The head of a stored response after a 304, or a 200 to HEAD, has brought it up to date. */
export const freshenedHead = (
  stored: StoredResponse,
  newer: Fields,
  exchanged: Exchanged,
  rules: FreshnessDefaults & InnerRules,
): Head => {
  const head = headOf(stored.head.status, updateFields(Fields.adopt([...stored.head.flat]), newer), exchanged, rules)
  return head.surrogateKeys.length > 0 ? head : { ...head, surrogateKeys: stored.head.surrogateKeys }
}

export interface Freshened {
  readonly head: Head
  /** What forbids to give it to others; undefined when nothing does. */
  readonly objection: Unstorable | undefined
  /** Whether it varies on the same as before: else nobody knows whom it is for. */
  readonly isVariantOfSame: boolean
}

/**
 * The same, and what becomes of it: a newer head may forbid what the older one allowed. A 304 that sets a cookie, or is
 * private, says so of the response that it brings up to date (RFC 9111 §3, §4.3.4).
 */
export const freshened = (
  stored: StoredResponse,
  newer: Fields,
  exchanged: Exchanged,
  request: HttpRequest,
  rules: FreshnessDefaults & StorabilityRules,
): Freshened => {
  const { status } = stored.head
  const fields = updateFields(Fields.adopt([...stored.head.flat]), newer)
  const head = freshenedHead(stored, newer, exchanged, rules)
  const requestDirectives = parseDirectives(request.fields.get('cache-control'))
  const { freshness } = head.lifetime
  const candidate = { request, requestDirectives, status, fields, policy: policyOf(fields), freshness }
  const isVariantOfSame = varyNames(fields).join() === stored.varyNames.join()
  return { head, objection: whyNotKept(candidate, rules), isVariantOfSame }
}

/** Whether a 200 to HEAD describes what is stored (§4.3.5): no validator, and no length, that says otherwise. */
export const describesStored = ({ head }: StoredResponse, fields: Fields): boolean => {
  const stored = Fields.adopt([...head.flat])
  return (['etag', 'last-modified', 'content-length'] as const).every((name) => {
    const value = fields.get(name)
    return value === undefined || value === stored.get(name)
  })
}
