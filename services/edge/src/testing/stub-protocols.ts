/** Protocols that answer every packet with what is known of the client: enough to see what a listener does. */
import type { Socket } from 'node:net'
import type { Downstream, Occupancy, ServerConnection } from '@roundtrip/http'
import type { Protocols } from '../listener/listener.ts'

/** Requests are packets; `hold` is one that stays in flight. */
class StubConnection implements ServerConnection {
  readonly protocol: ServerConnection['protocol']
  readonly address: string
  readonly since = 0
  readonly closed: Promise<void>
  readonly #socket: Socket
  requests = 0
  inFlight = 0
  occupancy: Occupancy | undefined = undefined
  #isDraining = false

  constructor(protocol: ServerConnection['protocol'], socket: Socket, downstream: Downstream) {
    this.protocol = protocol
    this.address = downstream.address
    this.#socket = socket
    const closed = Promise.withResolvers<void>()
    this.closed = closed.promise
    socket.once('close', () => closed.resolve())
    socket.on('error', () => undefined)
    socket.once('end', () => socket.end())
    socket.on('data', (octets: Buffer) => {
      this.requests++
      this.occupancy?.busy()
      if (octets.toString() === 'hold') this.inFlight++
      else socket.write(`${JSON.stringify({ protocol, said: octets.toString('latin1'), ...downstream })}\n`)
      if (this.inFlight > 0) return
      this.occupancy?.idle()
      if (this.#isDraining) socket.end()
    })
  }

  drain(): void {
    this.#isDraining = true
    if (this.inFlight === 0) this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

export const stubProtocols: Protocols = {
  http1: (socket, downstream) => new StubConnection('http/1.1', socket, downstream),
  http2: (socket, downstream) => new StubConnection('h2', socket, downstream),
}
