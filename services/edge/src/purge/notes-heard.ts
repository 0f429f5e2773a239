/** Which notes have been heard. They come in any order: an operator's go by whichever worker is at hand, and Redis may be late. */
import { purgeLogMaxEntries } from '@roundtrip/contracts'
import type { PurgeNote } from './purge-relay.ts'

export class NotesHeard {
  /** The oldest come first; kept are as many as the log keeps, about 100 bytes each. */
  readonly #heard = new Set<string>()

  /** Whether a note comes for the first time; from then on it does not. One long forgotten is new: a purge may come twice, never not. */
  isNew({ from, sequence }: Pick<PurgeNote, 'from' | 'sequence'>): boolean {
    const name = `${sequence} ${from}`
    if (this.#heard.has(name)) return false
    this.#heard.add(name)
    this.#forgetOldest()
    return true
  }

  #forgetOldest(): void {
    for (const oldest of this.#heard) {
      if (this.#heard.size <= purgeLogMaxEntries) return
      this.#heard.delete(oldest)
    }
  }
}
