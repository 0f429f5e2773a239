/** Memory beside the store: bodies that still arrive, and recorded ones that clients still read and that are not stored (any more). */

export class Recordings {
  readonly #maxBytes: number
  /** Whole bodies that have readers, and whether the store counts them. */
  readonly #read = new Map<Uint8Array, boolean>()
  #bytes = 0

  /** @param maxBytes beyond it nothing new is recorded */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Room for octets that arrive, or will; false when all together would take too much. */
  reserve(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return false
    this.#bytes += bytes
    return true
  }

  release(bytes: number): void {
    this.#bytes -= bytes
  }

  /** A whole body with readers counts here, once, until they are done or the store counts it. */
  hold(body: Uint8Array): void {
    this.#read.set(body, false)
    this.#bytes += body.byteLength
  }

  /** Its last reader is done. */
  letGo(body: Uint8Array): void {
    if (this.#read.get(body) === false) this.#bytes -= body.byteLength
    this.#read.delete(body)
  }

  entersStore(body: unknown): void {
    if (body instanceof Uint8Array && this.#read.get(body) === false) this.#move(body, true)
  }

  /** Purged or evicted: its readers hold it all the same. */
  leavesStore(body: unknown): void {
    if (body instanceof Uint8Array && this.#read.get(body) === true) this.#move(body, false)
  }

  #move(body: Uint8Array, isStored: boolean): void {
    this.#read.set(body, isStored)
    this.#bytes += isStored ? -body.byteLength : body.byteLength
  }
}
