/** What a listener counts, for metrics and the admin API. */

/** All since the start. */
export interface ListenerCounts {
  accepted: number
  /** Refused because there were too many in all and none was idle. */
  tooMany: number
  tooManyOfClient: number
  badProxyHeader: number
  /** Idle connections closed to make room. */
  idleClosed: number
  handshakesFull: number
  handshakesResumed: number
  handshakesFailed: number
  handshakesTimedOut: number
  /** Oldest early connections broken off because there were too many. */
  handshakesDropped: number
}

export interface ListenerFigures extends Readonly<ListenerCounts> {
  /** Connections that speak HTTP by now. */
  readonly open: number
  /** Connections in their PROXY header or handshake. */
  readonly early: number
  /** Different client addresses (IPv6: networks of /64). */
  readonly clients: number
}

export const newListenerCounts = (): ListenerCounts => ({
  accepted: 0,
  tooMany: 0,
  tooManyOfClient: 0,
  badProxyHeader: 0,
  idleClosed: 0,
  handshakesFull: 0,
  handshakesResumed: 0,
  handshakesFailed: 0,
  handshakesTimedOut: 0,
  handshakesDropped: 0,
})
