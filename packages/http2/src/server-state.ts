/** What all connections of one HTTP/2 server share: its options and limits, and what is counted. */
import type { ServeOptions } from '@roundtrip/http'
import type { Clock } from '@roundtrip/pipeline'
import type { Http2Limits } from './limits.ts'

/** All counts but those of what is open now grow from the server's start. */
export interface Http2Stats {
  /** Open now. */
  readonly connections: number
  readonly acceptedConnections: number
  /** Streams that clients have opened, also those that became no request. */
  readonly streams: number
  /** Streams that became a request. */
  readonly requests: number
  /** Requests refused before their handler, by error code of the answer. */
  readonly refused: Readonly<Record<string, number>>
  /** RST_STREAM from clients. */
  readonly resetsReceived: number
  /**
   * RST_STREAM to clients, by error code (RFC 9113 §7). `REFUSED_STREAM`: one too many at once; `NO_ERROR`: answered
   * before all content had come.
   */
  readonly resetsSent: Readonly<Record<string, number>>
  /** Connections that we told to end, by error code; `NO_ERROR` for those drained or idle. */
  readonly goaways: Readonly<Record<string, number>>
  /** Connections ended because of a flood, by what was too much. */
  readonly floods: Readonly<Record<string, number>>
  /** Connections and responses broken off because of a client that neither sent nor read in time. */
  readonly stalled: number
  /** Octets of the HPACK tables that clients have us keep now. */
  readonly tableBytes: number
}

/** Counts by name. */
class Tally {
  readonly #counts: Record<string, number> = {}

  add(name: string): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + 1
  }

  snapshot(): Record<string, number> {
    return { ...this.#counts }
  }
}

export class ServerState {
  readonly options: ServeOptions
  readonly limits: Http2Limits
  readonly clock: Clock
  acceptedConnections = 0
  streams = 0
  requests = 0
  resetsReceived = 0
  stalled = 0
  readonly refused = new Tally()
  readonly resetsSent = new Tally()
  readonly goaways = new Tally()
  readonly floods = new Tally()

  constructor(options: ServeOptions, limits: Http2Limits, clock: Clock) {
    this.options = options
    this.limits = limits
    this.clock = clock
  }

  /** @param open the connections of this server */
  stats(open: Iterable<{ readonly tableBytes: number }>): Http2Stats {
    const { acceptedConnections, streams, requests, resetsReceived, stalled } = this
    let [connections, tableBytes] = [0, 0]
    for (const connection of open) {
      connections += 1
      tableBytes += connection.tableBytes
    }
    return {
      connections,
      acceptedConnections,
      streams,
      requests,
      resetsReceived,
      stalled,
      tableBytes,
      refused: this.refused.snapshot(),
      resetsSent: this.resetsSent.snapshot(),
      goaways: this.goaways.snapshot(),
      floods: this.floods.snapshot(),
    }
  }
}
