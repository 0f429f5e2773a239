/** How many connections a client has, and whether it may have another one. */
import { clientNetwork } from '@roundtrip/http'

export class Admission {
  readonly #maxPerClient: number
  readonly #byClient = new Map<string, number>()

  constructor(maxPerClient: number) {
    this.#maxPerClient = maxPerClient
  }

  /** Counts one more connection of this client, unless it has too many. @returns how to count it out again */
  admit(address: string): (() => void) | undefined {
    const key = clientNetwork(address)
    const count = this.#byClient.get(key) ?? 0
    if (count >= this.#maxPerClient) return undefined
    this.#byClient.set(key, count + 1)
    return () => this.#release(key)
  }

  get clients(): number {
    return this.#byClient.size
  }

  #release(key: string): void {
    const count = this.#byClient.get(key) ?? 0
    if (count > 1) this.#byClient.set(key, count - 1)
    else this.#byClient.delete(key)
  }
}
