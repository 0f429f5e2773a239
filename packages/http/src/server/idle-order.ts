/**
 * Connections without a request in hand, in the order in which they became idle: a list through places that the connections
 * keep, since each request takes its connection out and puts it back. A Map or Set would be copied every few requests.
 */
import type { Occupancy, ServerConnection } from './server-connection.ts'

class Place implements Occupancy {
  readonly connection: ServerConnection | undefined
  before: Place = this
  after: Place = this
  readonly #ends: Place

  /** @param ends between whose `before` and `after` all others stand; itself when there is none */
  constructor(connection?: ServerConnection, ends?: Place) {
    this.connection = connection
    this.#ends = ends ?? this
  }

  busy(): void {
    this.before.after = this.after
    this.after.before = this.before
    this.before = this
    this.after = this
  }

  idle(): void {
    if (this.after !== this) return
    const ends = this.#ends
    this.before = ends.before
    this.after = ends
    this.before.after = this
    ends.before = this
  }
}

export class IdleOrder {
  readonly #ends = new Place()

  /** Keeps up with a connection from now on. */
  add(connection: ServerConnection): void {
    connection.occupancy = new Place(connection, this.#ends)
    if (connection.inFlight === 0) connection.occupancy.idle()
  }

  delete(connection: ServerConnection): void {
    connection.occupancy?.busy()
    connection.occupancy = undefined
  }

  /** The one that has been idle longest; undefined when all are busy. */
  get longest(): ServerConnection | undefined {
    return this.#ends.after.connection
  }
}
