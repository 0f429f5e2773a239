/** The connections of a listener that speak HTTP by now: counted, closed when idle and in the way, drained, broken off (RFC 9112 §9.6, RFC 9113 §6.8). */
import { IdleOrder } from './idle-order.ts'
import type { ServerConnection } from './server-connection.ts'

/** How often draining looks which HTTP/2 connections have had a request, in milliseconds. */
const drainCheckMs = 10

export interface DrainOptions {
  /**
   * How long an idle connection is kept, in milliseconds: what its client has just sent may be on its way. It is answered,
   * and told that this was the last.
   */
  readonly graceMs: number
}

/** In order of arrival. */
export class OpenConnections {
  readonly #open = new Set<ServerConnection>()
  readonly #idle = new IdleOrder()
  #isDraining = false

  /** Keeps a connection until it is closed. One that comes while draining is drained at once. */
  add(connection: ServerConnection): void {
    this.#open.add(connection)
    this.#idle.add(connection)
    void connection.closed.then(() => this.#delete(connection))
    if (this.#isDraining) connection.drain()
  }

  get size(): number {
    return this.#open.size
  }

  *[Symbol.iterator](): Generator<ServerConnection> {
    yield* this.#open
  }

  /** Closes the one that has been without a request in hand for longest. @returns whether there was one */
  closeLongestIdle(): boolean {
    const connection = this.#idle.longest
    if (connection === undefined) return false
    // Counted out at once: it takes its client a moment to let go.
    this.#delete(connection)
    connection.drain()
    return true
  }

  /** Resolves when every connection has been closed, each after its last response. */
  async drain({ graceMs }: DrainOptions): Promise<void> {
    this.#isDraining = true
    const waiting = new Set(this.#open)
    for (const connection of waiting) connection.retire?.()
    const tellTheBusy = (): void => {
      for (const connection of waiting) {
        if (!mayBeToldNow(connection)) continue
        waiting.delete(connection)
        connection.drain()
      }
    }
    tellTheBusy()
    const checks = setInterval(tellTheBusy, drainCheckMs)
    const closed = Promise.all([...this.#open].map((connection) => connection.closed))
    const grace = Promise.withResolvers<void>()
    const timer = setTimeout(grace.resolve, graceMs)
    await Promise.race([closed, grace.promise])
    clearInterval(checks)
    clearTimeout(timer)
    for (const connection of waiting) connection.drain()
    while (this.#open.size > 0) await Promise.all([...this.#open].map((connection) => connection.closed))
  }

  /** Breaks off whatever is in flight. */
  destroy(): void {
    for (const connection of this.#open) connection.destroy()
  }

  #delete(connection: ServerConnection): void {
    this.#open.delete(connection)
    this.#idle.delete(connection)
  }
}

/** A GOAWAY lets streams that are on their way be answered, but a client that has sent none might take it amiss. */
const mayBeToldNow = ({ protocol, requests }: ServerConnection): boolean => protocol === 'h2' && requests > 0
