/** Names for prepared statements (PostgreSQL §54.2.3): the server parses and plans a text once per connection. */

export class StatementNames {
  readonly #names = new Map<string, string>()
  readonly #max: number
  #given = 0

  /** @param max texts that get a name, and thereby statements that a connection keeps; 0 for none */
  constructor(max: number) {
    this.#max = max
  }

  /** Undefined once all names are given: that text is parsed each time. */
  nameOf(text: string): string | undefined {
    const known = this.#names.get(text)
    if (known !== undefined) return known
    if (this.#names.size >= this.#max) return undefined
    const name = `s${++this.#given}`
    this.#names.set(text, name)
    return name
  }

  /**
   * Gives every text another name from now on, so that each connection prepares it anew: after a migration the server
   * refuses statements whose result has changed.
   */
  renew(): void {
    this.#names.clear()
  }
}
