/** Which fields of a response are kept (RFC 9111 §3.1), and which of a newer head replace them (§3.2). */
import { fieldName, stripHopByHop, type FieldName, type Fields } from '@roundtrip/http'
import type { InnerRules } from './inner.ts'

/** Proxy fields of §3.1, what each reuse computes anew, and what is about one exchange. */
const neverStored = ['proxy-authentication-info', 'age', 'server-timing'] as const

/** Meant for the cache that is purged. */
const surrogateFields = ['surrogate-key', 'surrogate-control'] as const

/** Removes, in place, what is for this cache only; an inner one passes it on to the one in front. */
export const dropSurrogateFields = (fields: Fields, { inner = false }: InnerRules): Fields => {
  if (!inner) for (const name of surrogateFields) fields.delete(name)
  return fields
}

/**
 * Framing and content go together: a 304 that says otherwise would describe content that is not stored (§3.2).
 * Content-Encoding, Content-Type and Content-Range describe the octets in hand as well.
 */
const neverUpdated = new Set<FieldName>(['content-length', 'content-encoding', 'content-range', 'content-type', 'etag'])

/** Removes, in place, what is not kept. @param named fields that `no-cache="…"` or `private="…"` list */
export const dropUnstorableFields = (fields: Fields, named: readonly string[], rules: InnerRules): Fields => {
  dropSurrogateFields(stripHopByHop(fields), rules)
  for (const name of neverStored) fields.delete(name)
  for (const name of named) fields.delete(fieldName(name))
  return fields
}

/** The stored fields with those of a 304, or of a response to HEAD, put over them. */
export const updateFields = (stored: Fields, newer: Fields): Fields => {
  const updated = stored.clone()
  const incoming = stripHopByHop(newer.clone())
  for (const [name] of incoming) if (!neverUpdated.has(name)) updated.delete(name)
  for (const [name, value] of incoming) if (!neverUpdated.has(name)) updated.append(name, value)
  return updated
}
