/** Connections that have been accepted and have not got as far as a request: PROXY header and TLS handshake, watched together. */
import type { Socket } from 'node:net'

export interface EarlyConnection {
  readonly socket: Socket
  /** Milliseconds. */
  readonly since: number
  /** Of the client; the PROXY header corrects it. */
  address: string
  port: number
}

/** In order of arrival, found again by the far end: a TLS socket does not say which socket it was made from. */
export class EarlyConnections {
  readonly #byEnds = new Map<string, EarlyConnection>()

  add(connection: EarlyConnection): void {
    const key = endsOf(connection.socket)
    this.#byEnds.set(key, connection)
    connection.socket.once('close', () => this.#byEnds.delete(key))
  }

  /** No longer early. @param socket the one that was added, or the TLS socket on it */
  take(socket: Socket): EarlyConnection | undefined {
    const key = endsOf(socket)
    const connection = this.#byEnds.get(key)
    this.#byEnds.delete(key)
    return connection
  }

  get size(): number {
    return this.#byEnds.size
  }

  /** Breaks off the one that is here longest. */
  dropOldest(): void {
    for (const { socket } of this.#byEnds.values()) {
      this.take(socket)
      socket.resetAndDestroy()
      return
    }
  }

  /** Breaks off those that came before. @returns how many */
  dropBefore(time: number): number {
    let dropped = 0
    for (const { socket, since } of this.#byEnds.values()) {
      // In order of arrival: the rest came later.
      if (since >= time) break
      this.take(socket)
      socket.resetAndDestroy()
      dropped++
    }
    return dropped
  }
}

const endsOf = ({ localAddress, remoteAddress, remotePort }: Socket): string =>
  `${localAddress} ${remoteAddress} ${remotePort}`
