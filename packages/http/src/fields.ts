/** Header and trailer fields (RFC 9110 §5): an ordered multi-map with case-insensitive names. */

/** Flat `[name, value, name, value, …]`, the shape that node:http and undici both read and write. */
export type RawFields = readonly string[]

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
  get(name: string): string | undefined {
    const key = name.toLowerCase()
    let joined: string | undefined
    for (let i = 0; i < this.#flat.length; i += 2) {
      if (this.#flat[i] === key) joined = joined === undefined ? this.#flat[i + 1] : `${joined}, ${this.#flat[i + 1]}`
    }
    return joined
  }

  /** Each line of a field by itself; needed for Set-Cookie, which must not be joined (RFC 9110 §5.3). */
  getAll(name: string): string[] {
    const key = name.toLowerCase()
    const values: string[] = []
    for (let i = 0; i < this.#flat.length; i += 2) if (this.#flat[i] === key) values.push(this.#flat[i + 1] ?? '')
    return values
  }

  has(name: string): boolean {
    const key = name.toLowerCase()
    for (let i = 0; i < this.#flat.length; i += 2) if (this.#flat[i] === key) return true
    return false
  }

  /** Replaces every line of the field by one. */
  set(name: string, value: string | number): this {
    this.delete(name)
    return this.append(name, value)
  }

  append(name: string, value: string | number): this {
    this.#flat.push(name.toLowerCase(), String(value))
    return this
  }

  delete(name: string): this {
    const key = name.toLowerCase()
    for (let i = this.#flat.length - 2; i >= 0; i -= 2) if (this.#flat[i] === key) this.#flat.splice(i, 2)
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

  *[Symbol.iterator](): Generator<readonly [name: string, value: string]> {
    for (let i = 0; i < this.#flat.length; i += 2) yield [this.#flat[i] ?? '', this.#flat[i + 1] ?? '']
  }
}
