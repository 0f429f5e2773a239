/** Response fields by which browsers protect themselves and their users, set where the origin has not; and those that only help attackers, removed. */
import type { Fields } from '../fields.ts'
import type { HttpLayer } from '../message.ts'

export interface SecurityHeadersOptions {
  /** Values by field name, such as `{ 'x-content-type-options': 'nosniff' }`. */
  readonly always: Readonly<Record<string, string>>
  /** Those that mean nothing, or are forbidden, without TLS: Strict-Transport-Security (RFC 6797 §7.2). */
  readonly overTls: Readonly<Record<string, string>>
  /** Whether ours replace the origin's. */
  readonly overwrite: boolean
  /** Names of fields that say what software answers. */
  readonly removed: readonly string[]
}

type Field = readonly [name: string, value: string]

const setMissing = (fields: Fields, wanted: readonly Field[]): void => {
  for (const [name, value] of wanted) if (!fields.has(name)) fields.append(name, value)
}

const setAll = (fields: Fields, wanted: readonly Field[]): void => {
  for (const [name, value] of wanted) fields.set(name, value)
}

/** Stands around `error-response`: errors of our own are shown in browsers too. */
export const securityHeaders = (options: SecurityHeadersOptions): HttpLayer => {
  const plain = Object.entries(options.always)
  const overTls = [...plain, ...Object.entries(options.overTls)]
  const apply = options.overwrite ? setAll : setMissing
  return (next) => (request, context) =>
    next(request, context).then((response) => {
      for (const name of options.removed) response.fields.delete(name)
      apply(response.fields, request.scheme === 'https' ? overTls : plain)
      return response
    })
}
