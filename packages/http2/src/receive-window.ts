/** How much content we let a peer send, on a stream or a connection (RFC 9113 §6.9). */
export class ReceiveWindow {
  readonly #maxBytes: number
  #openBytes: number
  #freedBytes = 0

  /** @param maxBytes octets that may be on the way or unread */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#openBytes = maxBytes
  }

  /** Takes octets that have come; false when the peer was not entitled to send them. */
  take(bytes: number): boolean {
    this.#openBytes -= bytes
    return this.#openBytes >= 0
  }

  /** Frees octets that were read; returns how many to announce now, 0 while it is not worth a frame. */
  free(bytes: number): number {
    this.#freedBytes += bytes
    if (this.#freedBytes * 2 < this.#maxBytes) return 0
    const announced = this.#freedBytes
    this.#openBytes += announced
    this.#freedBytes = 0
    return announced
  }
}
