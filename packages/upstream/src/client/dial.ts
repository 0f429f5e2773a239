/** Makes a connection to a next hop: TCP, the PROXY header where one is wanted, TLS. */
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { SharedBuffer } from '@roundtrip/http1'

/** How a next hop is known, and how we are known to it. */
export interface TlsOptions {
  /** PEM; the authorities that may have issued its certificate. Those of the runtime by default. */
  readonly ca?: string
  /** PEM; our certificate and its chain, for next hops that ask for one (mTLS). */
  readonly certificate?: string
  /** PEM. */
  readonly key?: string
  /** The name that its certificate must be for, and SNI. The member's host by default. */
  readonly serverName?: string
}

export interface Destination {
  readonly hostname: string
  readonly port: number
  /** Undefined for cleartext. */
  readonly tls: TlsOptions | undefined
  readonly lookup: LookupFunction | undefined
}

/** What becomes of a connection. Nothing is called before `dial` has returned, nor after `closed`. */
export interface DialEvents {
  /** A request can be written. */
  connected(socket: Socket): void
  /** @param isBorrowed whether the octets are overwritten when this returns. @returns false to pause */
  received(octets: Buffer, isBorrowed: boolean): boolean
  /** The next hop sends no more. */
  hungUp(): void
  /** Once, whatever came before. */
  closed(error: Error | undefined): void
}

/** Most answers come whole in one read, and go on in one write: each further one is a turn of the event loop. */
const readBytes = 128 * 1024

/**
 * Cleartext sockets are read into one buffer: each read is finished before the next begins. Not so on Windows, where
 * reads are pending on all of them at once.
 */
const shared = process.platform === 'win32' ? undefined : new SharedBuffer(readBytes)

/** Makes what is sent first, in the clear, once the addresses of both ends are known. */
export type Preamble = (socket: Socket) => Buffer

/** One transport's way to its next hop; it keeps TLS sessions for those that follow. */
export class Dialer {
  readonly #destination: Destination
  readonly #alpn: string[]
  #session: Buffer | undefined

  constructor(destination: Destination, alpn: string[]) {
    this.#destination = destination
    this.#alpn = alpn
  }

  /** @returns breaks the connection off, made or not; `closed` follows */
  dial(events: DialEvents, preamble?: Preamble): () => void {
    const { tls } = this.#destination
    if (tls === undefined) return this.#dialPlain(events, preamble)
    return preamble === undefined ? this.#dialTls(events, tls) : this.#dialTlsBehind(preamble, events, tls)
  }

  /** A bare socket, for a protocol that reads for itself. Not connected yet. */
  socket(): Socket {
    const { tls } = this.#destination
    return tls === undefined ? connectTcp(this.#tcpOptions()) : this.#tlsSocket(tls)
  }

  #tcpOptions() {
    const { hostname, port, lookup } = this.#destination
    return { host: hostname, port, noDelay: true, keepAlive: true, ...(lookup !== undefined && { lookup }) }
  }

  #dialPlain(events: DialEvents, preamble: Preamble | undefined): () => void {
    const buffer = shared ?? new SharedBuffer(readBytes)
    const callback = (bytes: number): boolean => events.received(buffer.first(bytes), true)
    const socket = connectTcp({ ...this.#tcpOptions(), onread: { buffer: buffer.octets, callback } })
    socket.once('connect', () => {
      if (preamble !== undefined) socket.write(preamble(socket))
      events.connected(socket)
    })
    observe(socket, events)
    return () => socket.destroy()
  }

  #tlsOptions({ ca, certificate, key, serverName }: TlsOptions): ConnectionOptions {
    const { hostname } = this.#destination
    const name = serverName ?? hostname
    return {
      ALPNProtocols: this.#alpn,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      // An address is no server name (RFC 6066 §3), but the certificate is still checked against it.
      ...(isIP(name) === 0 && { servername: name }),
      ...(ca !== undefined && { ca }),
      ...(certificate !== undefined && { cert: certificate }),
      ...(key !== undefined && { key }),
      ...(this.#session !== undefined && { session: this.#session }),
    }
  }

  #tlsSocket(tls: TlsOptions): TLSSocket {
    const socket = connectTls({ ...this.#tcpOptions(), ...this.#tlsOptions(tls) })
    // Not an option of tls.connect.
    socket.setNoDelay(true)
    return socket.on('session', (session) => void (this.#session = session))
  }

  #dialTls(events: DialEvents, tls: TlsOptions): () => void {
    const socket = this.#tlsSocket(tls)
    this.#observeTls(socket, events)
    return () => socket.destroy()
  }

  #dialTlsBehind(preamble: Preamble, events: DialEvents, tls: TlsOptions): () => void {
    const plain = connectTcp(this.#tcpOptions())
    let socket: Socket = plain
    const closed = (error?: Error): void => events.closed(error)
    let failure: Error | undefined
    const failed = (error: Error): void => void (failure = error)
    const closedEarly = (): void => closed(failure)
    plain.once('error', failed).once('close', closedEarly)
    plain.once('connect', () => {
      plain.write(preamble(plain), () => {
        if (plain.destroyed) return
        plain.off('close', closedEarly)
        const { hostname } = this.#destination
        const secure = connectTls({ ...this.#tlsOptions(tls), socket: plain, host: hostname })
        secure.on('session', (session) => void (this.#session = session))
        socket = secure
        this.#observeTls(secure, events)
      })
    })
    return () => socket.destroy()
  }

  #observeTls(socket: TLSSocket, events: DialEvents): void {
    socket.once('secureConnect', () => events.connected(socket))
    socket.on('data', (octets: Buffer) => {
      if (!events.received(octets, false)) socket.pause()
    })
    observe(socket, events)
  }
}

const observe = (socket: Socket, events: DialEvents): void => {
  let failure: Error | undefined
  socket.on('error', (error) => void (failure ??= error))
  socket.once('end', () => events.hungUp())
  socket.once('close', () => events.closed(failure))
}
