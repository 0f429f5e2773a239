/** Hop-by-hop fields (RFC 9110 §7.6.1): what concerns one connection only and must not be forwarded. */
import { fieldName, type FieldName, type Fields } from './fields.ts'

/** Fields that are hop-by-hop even when Connection does not name them, some by age-old custom (RFC 2616 §13.5.1). */
const always = new Set<FieldName>([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'proxy-authenticate',
  'proxy-authorization',
])

/** Whether a field concerns one connection only, whatever Connection says. @param name in lower case */
export const isHopByHop = (name: string): boolean => always.has(name as FieldName)

/** End-to-end fields that a Connection option may not remove: a client could otherwise strip what we rely on. */
const protectedFromConnection = new Set<FieldName>([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'authorization',
  'cache-control',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'via',
  'x-request-id',
  'traceparent',
  'cookie',
  'set-cookie',
])

/** Removes Connection and what it names, in place: to be called before anybody decides by those fields. */
export const dropConnectionOptions = (fields: Fields): Fields => {
  const named = (fields.get('connection') ?? '').split(',').map((option) => fieldName(option.trim()))
  for (const option of named) if (option !== '' && !protectedFromConnection.has(option)) fields.delete(option)
  fields.delete('connection')
  return fields
}

/** Removes every hop-by-hop field, in place. `TE: trailers` is not kept: no tier forwards trailers. */
export const stripHopByHop = (fields: Fields): Fields => {
  dropConnectionOptions(fields)
  for (const name of always) fields.delete(name)
  return fields
}
