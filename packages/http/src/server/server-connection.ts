/** Who keeps up with which connections are idle. Costs no memory, as it is told twice for each request. */
export interface Occupancy {
  /** A request is in hand, the first one of those that are. */
  busy(): void
  /** No request is in hand any more. */
  idle(): void
}

/** What every protocol's server side of a connection can be asked, so that a listener can count, drain and break off. */
export interface ServerConnection {
  readonly protocol: 'http/1.1' | 'h2'
  /** Of the client, as the request's `downstream.address`. */
  readonly address: string
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Requests begun on this connection. */
  readonly requests: number
  /** Requests whose response has not ended. */
  readonly inFlight: number
  /** Told whenever `inFlight` leaves 0 or comes back to it, once somebody wants to know. */
  occupancy: Occupancy | undefined
  /**
   * HTTP/1.1 only: the next response says that it is the last, and the connection closes after it; one that is idle waits
   * for that. What its client sends just now is not lost, as it would be by closing.
   */
  retire?(): void
  /** Takes no further request; closes when those in flight have been answered (RFC 9112 §9.6, RFC 9113 §6.8). */
  drain(): void
  /** Breaks off whatever is in flight. */
  destroy(): void
  /** Resolves when the connection is closed. Never rejects. */
  readonly closed: Promise<void>
}
