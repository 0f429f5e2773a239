/** One buffer for octets that live no longer than a call. */

/** Short ones are what there is most of. */
const longestKeptView = 4096

/** Its views are kept: to make one costs as much as to read a short head. */
export class SharedBuffer {
  readonly octets: Buffer
  readonly #views: (Buffer | undefined)[] = Array.from({ length: longestKeptView + 1 }, () => undefined)

  constructor(bytes: number) {
    this.octets = Buffer.allocUnsafeSlow(bytes)
  }

  /** The first octets of it. */
  first(bytes: number): Buffer {
    if (bytes > longestKeptView) return this.octets.subarray(0, bytes)
    return (this.#views[bytes] ??= this.octets.subarray(0, bytes))
  }
}
