/** DNS over UDP: one datagram, one message (RFC 1035 §4.2.1). */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import type { Log } from '../dns-request.ts'
import type { Answer } from './answer.ts'
import { InFlight } from './in-flight.ts'

export interface UdpListenerOptions {
  readonly host: string
  readonly port: number
  readonly answer: Answer
  readonly log: Log
}

export class UdpListener {
  readonly #socket: Socket
  readonly #inFlight = new InFlight()
  #accepting = true

  private constructor(socket: Socket, { answer, log }: UdpListenerOptions) {
    this.#socket = socket
    socket.on('error', (error) => log.error({ error }, 'the UDP socket failed'))
    socket.on('message', (bytes, { address, port }) => {
      // Nobody can be reached at port 0, which a forged datagram may name.
      if (!this.#accepting || port === 0) return
      this.#inFlight.begin()
      void answer(bytes, 'udp', { address, port }).then((response) => {
        if (response === undefined) return this.#inFlight.end()
        socket.send(response, port, address, (error) => {
          if (error) log.debug({ error, client: address }, 'an answer could not be sent')
          this.#inFlight.end()
        })
      })
    })
  }

  /** @throws what binding the socket fails with, e.g. `EADDRINUSE` */
  static async open(options: UdpListenerOptions): Promise<UdpListener> {
    const socket = createSocket(isIPv6(options.host) ? 'udp6' : 'udp4')
    socket.bind({ port: options.port, address: options.host, exclusive: true })
    try {
      await once(socket, 'listening')
    } catch (error) {
      socket.close()
      throw error
    }
    return new UdpListener(socket, options)
  }

  /** Takes no more datagrams; resolves when those taken are answered. */
  drain(): Promise<void> {
    this.#accepting = false
    return this.#inFlight.idle()
  }

  async close(): Promise<void> {
    this.#accepting = false
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }
}
