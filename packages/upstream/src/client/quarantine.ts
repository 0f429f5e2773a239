/**
 * Connections given back, until their sockets have been read once more: what a next hop sends behind its answer must not
 * become the answer to the next request (RFC 9112 §6.3; "response queue poisoning").
 */
import type { Http1Connection } from './http1-connection.ts'

export class Quarantine {
  readonly #release: (connections: readonly Http1Connection[]) => void
  /** Given back since the last turn of the event loop. */
  #recent: Http1Connection[] = []
  /** Those of the turn before: when the next one ends, all sockets have been read in between. */
  #earlier: Http1Connection[] = []
  #isScheduled = false

  constructor(release: (connections: readonly Http1Connection[]) => void) {
    this.#release = release
  }

  get size(): number {
    return this.#recent.length + this.#earlier.length
  }

  put(connection: Http1Connection): void {
    this.#recent.push(connection)
    this.#schedule()
  }

  /** For one that has closed meanwhile. */
  delete(connection: Http1Connection): void {
    for (const list of [this.#recent, this.#earlier]) {
      const at = list.indexOf(connection)
      if (at !== -1) list.splice(at, 1)
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    this.#isScheduled = false
    const due = this.#earlier
    this.#earlier = this.#recent
    this.#recent = []
    if (this.#earlier.length > 0) this.#schedule()
    if (due.length > 0) this.#release(due)
  }
}
