/** Invalidations that Redis has not heard of yet: told before the next read, together, and never more than so many. */
import { later } from './stamps.ts'

/** The tag that every entry has. */
export const everything = '*'

/** More tags than this are told as one invalidation of everything: memory stays bounded, nothing stays stale. */
export const mostOwed = 1_000

export class OwedInvalidations {
  readonly #tell: (stamps: ReadonlyMap<string, string>) => Promise<void>
  readonly #stamps = new Map<string, string>()
  #telling: Promise<void> | undefined

  /** @param tell one try to tell them all; rejects when that failed */
  constructor(tell: (stamps: ReadonlyMap<string, string>) => Promise<void>) {
    this.#tell = tell
  }

  get size(): number {
    return this.#stamps.size
  }

  /** Of the latest that is owed for any of these tags. */
  latest(tags: readonly string[]): string | undefined {
    return tags.map((tag) => this.#stamps.get(tag)).reduce(later, undefined)
  }

  add(tags: readonly string[], stamp: string): void {
    for (const tag of tags) this.#stamps.set(tag, later(this.#stamps.get(tag), stamp) ?? stamp)
    if (this.#stamps.size <= mostOwed) return
    const latest = [...this.#stamps.values()].reduce(later, undefined) ?? stamp
    this.#stamps.clear()
    this.#stamps.set(everything, latest)
  }

  /** Resolves when all that was owed at the call is told. @throws what telling throws; then it is still owed */
  async pay(): Promise<void> {
    if (this.#telling !== undefined) await this.#telling // It may have begun before the latest was added.
    if (this.#stamps.size > 0) await (this.#telling ??= this.#payOnce())
  }

  async #payOnce(): Promise<void> {
    const told = new Map(this.#stamps)
    try {
      await this.#tell(told)
      for (const [tag, stamp] of told) if (this.#stamps.get(tag) === stamp) this.#stamps.delete(tag)
    } finally {
      this.#telling = undefined
    }
  }
}
