/**
 * Requests that arrive in one round of the event loop are handled one after the other, and then what answers them at once is
 * sent one after the other: what a step needs of code is in the processor's caches for all but the first (cohort scheduling:
 * Larus and Parkes, "Using Cohort Scheduling to Enhance Server Performance", USENIX 2002).
 */

export interface Member {
  /** Has its request handled. Does not throw. */
  handle(): void
  /** Sends the answer if there is one already. Does not throw. */
  send(): void
}

/** So many together make good for the turn that it takes to gather them. */
const worthwhile = 4
/** Where fewer came the last time, so many are handled as they come until a cohort is gathered again. */
const retriedAfter = 64

export class Cohort {
  #members: Member[] = []
  #isWorthwhile = false
  #asTheyCame = 0

  /** Now, or together with others before the event loop waits again. */
  add(member: Member): void {
    if (this.#isWorthwhile || this.#members.length > 0 || this.#asTheyCame === retriedAfter) {
      if (this.#members.push(member) === 1) setImmediate(this.#proceed)
      return
    }
    this.#asTheyCame++
    member.handle()
    member.send()
  }

  readonly #proceed = (): void => {
    const members = this.#members
    this.#members = []
    this.#asTheyCame = 0
    this.#isWorthwhile = members.length >= worthwhile
    for (const member of members) member.handle()
    for (const member of members) member.send()
  }
}
