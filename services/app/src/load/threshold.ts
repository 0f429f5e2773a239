/** A bound that is left only well below it: who is near it does not go back and forth. */

/** How far a value has to fall. */
const calmShare = 0.8

export class Threshold {
  readonly #bound: number
  #isExceeded = false

  constructor(bound: number) {
    this.#bound = bound
  }

  /** @param value as it is now */
  isExceededBy(value: number): boolean {
    this.#isExceeded = value > (this.#isExceeded ? this.#bound * calmShare : this.#bound)
    return this.#isExceeded
  }
}
