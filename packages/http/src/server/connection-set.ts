/** The open connections of a listener, whatever they speak: counted, drained, broken off. */
import type { ServerConnection } from './server-connection.ts'

export class ConnectionSet implements Iterable<ServerConnection> {
  readonly #connections = new Set<ServerConnection>()
  readonly #perAddress = new Map<string, number>()
  #isDraining = false

  get size(): number {
    return this.#connections.size
  }

  /** Requests whose response has not ended, on all connections. */
  get inFlight(): number {
    let sum = 0
    for (const { inFlight } of this.#connections) sum += inFlight
    return sum
  }

  /** Connections of one client, for a limit. */
  countOf(address: string): number {
    return this.#perAddress.get(address) ?? 0
  }

  /** Keeps a connection until it is closed. One that comes while draining is drained at once. */
  add(connection: ServerConnection): void {
    const { address } = connection
    this.#connections.add(connection)
    this.#perAddress.set(address, this.countOf(address) + 1)
    void connection.closed.then(() => this.#remove(connection))
    if (this.#isDraining) connection.drain()
  }

  /** Resolves when every connection has been closed, each after its last response. */
  async drain(): Promise<void> {
    this.#isDraining = true
    for (const connection of this.#connections) connection.drain()
    while (this.#connections.size > 0) await Promise.all([...this.#connections].map(({ closed }) => closed))
  }

  /** Breaks off whatever is in flight. */
  destroy(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  [Symbol.iterator](): Iterator<ServerConnection> {
    return this.#connections.values()
  }

  #remove(connection: ServerConnection): void {
    const left = this.countOf(connection.address) - 1
    this.#connections.delete(connection)
    if (left === 0) this.#perAddress.delete(connection.address)
    else this.#perAddress.set(connection.address, left)
  }
}
