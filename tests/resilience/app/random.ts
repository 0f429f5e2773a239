/** Random numbers that come again with the same seed (Mulberry32), so that a run that failed can be run again. */

export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  pick<T>(list: readonly T[]): T {
    const element = list[this.between(0, list.length - 1)]
    if (element === undefined) throw new TypeError('nothing to pick from')
    return element
  }

  /** Fisher and Yates. */
  shuffled<T>(list: readonly T[]): T[] {
    const all = [...list]
    for (let last = all.length - 1; last > 0; last -= 1) {
      const other = this.between(0, last)
      ;[all[last], all[other]] = [all[other] as T, all[last] as T]
    }
    return all
  }
}
