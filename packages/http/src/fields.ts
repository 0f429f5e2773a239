/** Header and trailer fields (RFC 9110 §5): an ordered multi-map with case-insensitive names. */

/** In lower case, as HTTP/2 requires (RFC 9113 §8.2.1): the compiler holds callers to it, so nothing is converted at run time. */
export type FieldName = Lowercase<string>

/** For names that come from elsewhere, such as settings. */
export const fieldName = (text: string): FieldName => text.toLowerCase() as FieldName

/** Flat `[name, value, name, value, …]`, the shape that node:http and undici both read and write. */
export type RawFields = readonly string[]

/** A copy that grows by one line makes room for dozens. */
const scratch: string[] = []

/**
 * Fields in wire order, names in lower case (as HTTP/2 requires, RFC 9113 §8.2.1).
 * Mutable: each message owns its own; `clone()` before changing one that is shared.
 */
export class Fields {
  readonly #flat: string[]

  private constructor(flat: string[]) {
    this.#flat = flat
  }

  /** From name/value pairs or a plain object; values that are `undefined` are left out. */
  static of(init: Readonly<Record<string, string | number | undefined>> = {}): Fields {
    const flat: string[] = []
    for (const [name, value] of Object.entries(init)) {
      if (value !== undefined) flat.push(name.toLowerCase(), String(value))
    }
    return new Fields(flat)
  }

  /** From a flat list as node:http's `rawHeaders` gives it. */
  static fromRaw(raw: RawFields): Fields {
    return new Fields(raw.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text)))
  }

  /** Takes a flat list over as it is: names already in lower case, nobody else holding it. */
  static adopt(flat: string[]): Fields {
    return new Fields(flat)
  }

  /** The values of a field joined with ", " (RFC 9110 §5.3), or undefined when it is absent. */
  get(name: FieldName): string | undefined {
    let joined: string | undefined
    for (let i = 0; i < this.#flat.length; i += 2) {
      if (this.#flat[i] === name) joined = joined === undefined ? this.#flat[i + 1] : `${joined}, ${this.#flat[i + 1]}`
    }
    return joined
  }

  /** Each line of a field by itself; needed for Set-Cookie, which must not be joined (RFC 9110 §5.3). */
  getAll(name: FieldName): string[] {
    const values: string[] = []
    for (let i = 0; i < this.#flat.length; i += 2) if (this.#flat[i] === name) values.push(this.#flat[i + 1] ?? '')
    return values
  }

  has(name: FieldName): boolean {
    for (let i = 0; i < this.#flat.length; i += 2) if (this.#flat[i] === name) return true
    return false
  }

  /** Replaces every line of the field by one. */
  set(name: FieldName, value: string | number): this {
    this.delete(name)
    return this.append(name, value)
  }

  /** A copy in which every line of the field is replaced by one. */
  with(name: FieldName, value: string | number): Fields {
    let length = 0
    for (let i = 0; i < this.#flat.length; i += 2) {
      if (this.#flat[i] === name) continue
      scratch[length++] = this.#flat[i] as string
      scratch[length++] = this.#flat[i + 1] as string
    }
    scratch[length++] = name
    scratch[length++] = String(value)
    return new Fields(scratch.slice(0, length))
  }

  append(name: FieldName, value: string | number): this {
    this.#flat.push(name, String(value))
    return this
  }

  delete(name: FieldName): this {
    for (let i = this.#flat.length - 2; i >= 0; i -= 2) if (this.#flat[i] === name) this.#flat.splice(i, 2)
    return this
  }

  clone(): Fields {
    return new Fields([...this.#flat])
  }

  /** The flat list for `writeHead` or undici. A fresh copy. */
  toRaw(): string[] {
    return [...this.#flat]
  }

  /** The flat list itself, for writers that only read it: names at even places, each followed by its value. */
  get flat(): readonly string[] {
    return this.#flat
  }

  *[Symbol.iterator](): Generator<readonly [name: FieldName, value: string]> {
    for (let i = 0; i < this.#flat.length; i += 2) yield [this.#flat[i] as FieldName, this.#flat[i + 1] ?? '']
  }
}
