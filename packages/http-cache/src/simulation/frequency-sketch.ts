/** How often keys were seen lately, in four bits each (count-min sketch with ageing, as TinyLFU has it). */

const rows = 4
const most = 15

const fnv1a = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

export class FrequencySketch {
  readonly #counters: Uint8Array
  readonly #mask: number
  readonly #sampleSize: number
  #counted = 0

  /** @param capacity about how many keys are to be told apart */
  constructor(capacity: number) {
    const width = 2 ** Math.ceil(Math.log2(Math.max(16, capacity)))
    this.#counters = new Uint8Array(width * rows)
    this.#mask = width - 1
    this.#sampleSize = width * 10
  }

  count(key: string): void {
    const hash = fnv1a(key)
    for (let row = 0; row < rows; row++) {
      const at = this.#slot(hash, row)
      const value = this.#counters[at] ?? 0
      if (value < most) this.#counters[at] = value + 1
    }
    if (++this.#counted >= this.#sampleSize) this.#age()
  }

  frequency(key: string): number {
    const hash = fnv1a(key)
    let least = most
    for (let row = 0; row < rows; row++) least = Math.min(least, this.#counters[this.#slot(hash, row)] ?? 0)
    return least
  }

  #slot(hash: number, row: number): number {
    const mixed = Math.imul(hash ^ (hash >>> 15), 0x9e3779b1 + row * 0x85ebca6b)
    return row * (this.#mask + 1) + ((mixed ^ (mixed >>> 13)) & this.#mask)
  }

  /** Old fame fades. */
  #age(): void {
    for (let i = 0; i < this.#counters.length; i++) this.#counters[i] = (this.#counters[i] ?? 0) >> 1
    this.#counted = Math.floor(this.#counted / 2)
  }
}
