/** From surrogate keys to the stored responses that bear them. */
import type { StoredResponse } from '../stored-response.ts'

export class SurrogateIndex {
  readonly #byKey = new Map<string, Set<StoredResponse>>()

  add(stored: StoredResponse): void {
    for (const key of stored.head.surrogateKeys) {
      const bearers = this.#byKey.get(key)
      if (bearers === undefined) this.#byKey.set(key, new Set([stored]))
      else bearers.add(stored)
    }
  }

  remove(stored: StoredResponse): void {
    for (const key of stored.head.surrogateKeys) {
      const bearers = this.#byKey.get(key)
      bearers?.delete(stored)
      if (bearers?.size === 0) this.#byKey.delete(key)
    }
  }

  /** Each once, though it may bear several of the keys. */
  find(keys: readonly string[]): StoredResponse[] {
    return [...new Set(keys.flatMap((key) => [...(this.#byKey.get(key) ?? [])]))]
  }
}
