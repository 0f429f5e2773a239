/** Which notes have been heard: each sender numbers its own, and every way here keeps their order. */
import type { PurgeNote } from './purge-relay.ts'

/** Processes come and go; those silent for longest are forgotten, and a note of theirs would count as new. */
const mostSenders = 1000

export class NotesHeard {
  readonly #lastOf = new Map<string, number>()

  /** Whether a note comes for the first time; from then on it does not. */
  isNew({ from, sequence }: Pick<PurgeNote, 'from' | 'sequence'>): boolean {
    const last = this.#lastOf.get(from) ?? 0
    if (sequence <= last) return false
    // To the end of the order.
    this.#lastOf.delete(from)
    this.#lastOf.set(from, sequence)
    const [oldest] = this.#lastOf.keys()
    if (this.#lastOf.size > mostSenders && oldest !== undefined) this.#lastOf.delete(oldest)
    return true
  }
}
