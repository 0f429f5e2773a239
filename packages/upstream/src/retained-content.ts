/** Content of a request as it is sent, kept as long as it is short: what failed unanswered can then be sent again (RFC 9110 §9.2.2). */

/** Costs no wait and no copy: parts are noted on their way, and let go of once there are too many. */
export class RetainedContent {
  readonly #maxBytes: number
  #parts: Uint8Array[] = []
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Whether all that has been read so far can be sent again. */
  get isReplayable(): boolean {
    return this.#bytes <= this.#maxBytes
  }

  /** All that has been read so far. */
  get parts(): readonly Uint8Array[] {
    return this.#parts
  }

  note(octets: Uint8Array): void {
    this.#bytes += octets.byteLength
    if (this.isReplayable) this.#parts.push(octets)
    else this.#parts = []
  }
}
