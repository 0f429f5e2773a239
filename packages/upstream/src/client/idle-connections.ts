/**
 * Connections that wait for their next request, the one given back last in front. None is lent before its socket has been
 * read once more: what a next hop sends behind its answer must not become the answer to the next request (RFC 9112 §6.3;
 * "response queue poisoning").
 */
import { performance } from 'node:perf_hooks'
import { removeAt } from '@roundtrip/http'
import type { Http1Connection } from './http1-connection.ts'

/** A connection is given back amid the reads of a turn. All have been read again when those of the next turn are over. */
const turnsUntilRead = { amidReads: 2, behindReads: 1 } as const

/** Turns of the event loop so far. To count them by `setImmediate` would make every turn of a quiet process a busy one. */
const loopTurns = (): number => performance.nodeTiming.uvMetricsInfo.loopCount

export class IdleConnections {
  /** In the order in which they came. */
  readonly #connections: Http1Connection[] = []
  /** The turn in which each came. */
  readonly #turns: number[] = []
  readonly #turnsSoFar: () => number

  constructor(turnsSoFar = loopTurns) {
    this.#turnsSoFar = turnsSoFar
  }

  get size(): number {
    return this.#connections.length
  }

  put(connection: Http1Connection): void {
    this.#connections.push(connection)
    // A new one has been asked nothing yet that it could have answered twice.
    this.#turns.push(connection.isNew ? -Infinity : this.#turnsSoFar())
  }

  /**
   * Gives up those that have been idle for too long.
   *
   * @param when `behindReads` in `setImmediate` only, which comes when all reads of a turn are over
   */
  take(nowMs: number, when: keyof typeof turnsUntilRead = 'amidReads'): Http1Connection | undefined {
    if (this.#connections.length === 0) return undefined
    const lastRead = this.#turnsSoFar() - turnsUntilRead[when]
    for (let at = this.#connections.length - 1; at >= 0; at--) {
      if ((this.#turns[at] as number) > lastRead) continue
      const connection = this.#removeAt(at)
      if (connection.isFresh(nowMs)) return connection
      connection.destroy()
    }
    return undefined
  }

  delete(connection: Http1Connection): void {
    const at = this.#connections.lastIndexOf(connection)
    if (at !== -1) this.#removeAt(at)
  }

  destroy(): void {
    this.#turns.length = 0
    for (const connection of this.#connections.splice(0)) connection.destroy()
  }

  #removeAt(at: number): Http1Connection {
    const removed = this.#connections[at] as Http1Connection
    removeAt(this.#turns, at)
    removeAt(this.#connections, at)
    return removed
  }
}
