/** Listening sockets that outlive the workers that accept from them: one for each slot and listener, bound and kept by the parent. */
import { lookup } from 'node:dns/promises'
import { BoundSocket, isIP } from 'node:net'
import type { InheritedSockets } from './messages.ts'

export interface Address {
  /** Of the listener, e.g. `https`. */
  readonly name: string
  readonly host: string
  readonly port: number
}

/** Descriptors that a child has anyway: standard input, output and error, and the channel to its parent. */
const firstInherited = 4

/**
 * How often a worker has each socket. Who stops to take the connections of another slot closes its descriptor, and there is
 * no way to get another one of a socket later.
 */
const copies = 4

/**
 * Sockets of one address share its connections (SO_REUSEPORT); the kernel puts a connection into the queue of one of them
 * and never moves it. Closing a socket resets what waits in its queue, so none is closed while the parent lives: a worker
 * that goes leaves its queue to its successor.
 */
export class SlotSockets {
  readonly #sockets: ReadonlyMap<string, readonly BoundSocket[]>

  private constructor(sockets: ReadonlyMap<string, readonly BoundSocket[]>) {
    this.#sockets = sockets
  }

  /** @throws the error of binding, such as EADDRINUSE */
  static async bind(addresses: readonly Address[], slots: number): Promise<SlotSockets> {
    const sockets = new Map<string, BoundSocket[]>()
    try {
      for (const { name, host, port } of addresses) {
        const ip = isIP(host) === 0 ? (await lookup(host)).address : host
        const bound: BoundSocket[] = []
        sockets.set(name, bound)
        // Others of this user could join a port that is shared: a port that is taken is found out by binding it alone.
        const chosen = port === 0 ? port : refuseTaken(ip, port)
        for (let slot = 0; slot < slots; slot++) {
          bound.push(new BoundSocket({ host: ip, port: portOf(bound[0]) ?? chosen, reusePort: true }))
        }
      }
    } catch (error) {
      for (const socket of [...sockets.values()].flat()) socket.close()
      throw error
    }
    return new SlotSockets(sockets)
  }

  /** For the `stdio` of a child, after its channel: every worker has all of them, to take over for another one. */
  get descriptors(): number[] {
    return [...this.#sockets.values()].flat().flatMap((socket) => Array.from({ length: copies }, () => socket.fd()))
  }

  /** How the child finds them again. */
  get inherited(): InheritedSockets {
    let next = firstInherited
    const copiesOfOne = (): number[] => Array.from({ length: copies }, () => next++)
    return Object.fromEntries([...this.#sockets].map(([name, bound]) => [name, bound.map(copiesOfOne)]))
  }

  close(): void {
    for (const socket of [...this.#sockets.values()].flat()) socket.close()
  }
}

const portOf = (socket: BoundSocket | undefined): number | undefined => {
  const address = socket?.address()
  return typeof address === 'object' ? address.port : undefined
}

/** @throws EADDRINUSE when somebody else has the port, who may be sharing it */
const refuseTaken = (host: string, port: number): number => {
  new BoundSocket({ host, port }).close()
  return port
}
