/** How far a replica is behind its primary, in bytes of WAL and in time. */
import { bytesBetween, type Lsn } from './lsn.ts'

export interface Lag {
  readonly bytes: number
  readonly ms: number
}

interface Seen {
  readonly position: Lsn
  readonly atMs: number
}

/** A minute at the default interval: whoever is further behind has been ejected long ago. */
const maxSeen = 240

/**
 * Where the primary was when. A replica is as late as the first position seen that it does not have. Measured on this
 * process's own clock: clocks of two machines differ, and the time of the last replayed commit says nothing about a
 * primary that has been idle since.
 */
export class PrimaryHistory {
  #seen: Seen[] = []

  add(position: Lsn, atMs: number): void {
    const last = this.#seen.at(-1)
    // An idle primary adds nothing: the first time that a position was seen is the one that counts.
    if (last !== undefined && last.position >= position) return
    this.#seen.push({ position, atMs })
    if (this.#seen.length > maxSeen) this.#seen.shift()
  }

  /** After a failover positions start over from where the new primary is. */
  forget(): void {
    this.#seen = []
  }

  lagOf(replayed: Lsn, nowMs: number): Lag {
    const newest = this.#seen.at(-1)
    if (newest === undefined || newest.position <= replayed) return { bytes: 0, ms: 0 }
    const firstMissing = this.#seen.find(({ position }) => position > replayed) ?? newest
    return { bytes: bytesBetween(replayed, newest.position), ms: nowMs - firstMissing.atMs }
  }
}
