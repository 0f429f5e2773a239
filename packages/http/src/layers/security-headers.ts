/** Response fields by which browsers protect themselves and their users, set where the origin has not; and those that only help attackers, removed. */
import { onAnswer } from '@roundtrip/pipeline'
import { fieldName, type FieldName, type Fields } from '../fields.ts'
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

type Field = readonly [name: FieldName, value: string]

const listed = (named: Readonly<Record<string, string>>): Field[] =>
  Object.entries(named).map(([name, value]) => [fieldName(name), value])

/** One look at each field instead of one for each name. */
class Rules {
  readonly #wanted: readonly Field[]
  /** Where in `#wanted` a name stands; -1 for those that are removed. */
  readonly #places: ReadonlyMap<string, number>
  readonly #overwrite: boolean

  constructor(wanted: readonly Field[], { removed, overwrite }: SecurityHeadersOptions) {
    this.#wanted = wanted
    this.#places = new Map([
      ...removed.map((name) => [fieldName(name), -1] as const),
      ...wanted.map(([name], place) => [name, place] as const),
    ])
    this.#overwrite = overwrite
  }

  apply(fields: Fields): void {
    const { flat } = fields
    let present = 0
    for (let i = flat.length - 2; i >= 0; i -= 2) {
      const name = flat[i] as FieldName
      const place = this.#places.get(name)
      if (place === undefined) continue
      if (place === -1 || this.#overwrite) fields.delete(name)
      else present |= 1 << place
    }
    for (let place = 0; place < this.#wanted.length; place++) {
      const [name, value] = this.#wanted[place] as Field
      if ((present & (1 << place)) === 0) fields.append(name, value)
    }
  }
}

/** Stands around `error-response`: errors of our own are shown in browsers too. Names are in lower case, at most 31 of them. */
export const securityHeaders = (options: SecurityHeadersOptions): HttpLayer => {
  const always = listed(options.always)
  const plain = new Rules(always, options)
  const overTls = new Rules([...always, ...listed(options.overTls)], options)
  return onAnswer((response, request) => {
    const rules = request.scheme === 'https' ? overTls : plain
    rules.apply(response.fields)
    return response
  })
}
