/** The dynamic table of a decoder (RFC 7541 §2.3.2, §4): first in, first out, bounded in octets. */
import type { FieldLine } from './field-line.ts'

export class DynamicTable {
  /** Newest last; the `#evicted` first places are empty until the list is compacted. */
  #lines: (FieldLine | undefined)[] = []
  #evicted = 0
  #sizeBytes = 0
  #maxBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get length(): number {
    return this.#lines.length - this.#evicted
  }

  /** @param place 0 for the newest */
  at(place: number): FieldLine | undefined {
    const index = this.#lines.length - 1 - place
    return index < this.#evicted ? undefined : this.#lines[index]
  }

  /** A line larger than the whole table empties it, which is no error (RFC 7541 §4.4). */
  add(line: FieldLine): void {
    this.#lines.push(line)
    this.#sizeBytes += line.sizeBytes
    this.#evict()
  }

  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes
    this.#evict()
  }

  #evict(): void {
    while (this.#sizeBytes > this.#maxBytes) {
      this.#sizeBytes -= this.#lines[this.#evicted]?.sizeBytes ?? 0
      this.#lines[this.#evicted] = undefined
      this.#evicted += 1
    }
    if (this.#evicted < 64 || this.#evicted * 2 < this.#lines.length) return
    this.#lines = this.#lines.slice(this.#evicted)
    this.#evicted = 0
  }
}
