/** What a client sent ahead: the octets behind the request in hand, kept in order until their turn (RFC 9112 §9.3.2). */
export class ReadAhead {
  #pieces: Buffer[] = []
  #bytes = 0
  readonly #maxBytes: number

  /** @param maxBytes above which no more should be read */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get isEmpty(): boolean {
    return this.#bytes === 0
  }

  get isFull(): boolean {
    return this.#bytes > this.#maxBytes
  }

  add(octets: Buffer): void {
    this.#pieces.push(octets)
    this.#bytes += octets.length
  }

  /** All of it, in one piece. */
  take(): Buffer {
    const [first] = this.#pieces
    const octets = first !== undefined && this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces)
    this.clear()
    return octets
  }

  clear(): void {
    this.#pieces = []
    this.#bytes = 0
  }
}
