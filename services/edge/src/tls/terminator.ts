/** TLS on accepted connections: handshakes with the certificates of the moment, which may be replaced at any time. */
import type { Socket } from 'node:net'
import { createServer, type SecureContext, type Server, type TLSSocket } from 'node:tls'
import { RoundtripError } from '@roundtrip/errors'
import type { Certificate } from './certificate.ts'
import { readBeginning } from '../listener/read-beginning.ts'
import { parseClientHello, type ClientHello } from './client-hello.ts'
import { refuseHandshake } from './refuse-handshake.ts'
import { contextsByName, secureOptionsOf } from './secure-contexts.ts'
import { ticketKeysFor } from './ticket-keys.ts'

/** All that is presented at one time: swapped as a whole. */
export interface Presented {
  /** The first answers where no other fits. */
  readonly certificates: readonly [Certificate, ...Certificate[]]
  /** PEM; who vouches for clients. */
  readonly clientAuthorities?: string
}

export interface TerminatorOptions {
  readonly presented: Presented
  readonly ticketKeys: Buffer
  readonly strictSni: boolean
  readonly clientCertificates: 'off' | 'request' | 'require'
  /** Last resort, in milliseconds: the listener has a stricter watch of its own. */
  readonly handshakeTimeoutMs: number
  readonly onSecure: (socket: TLSSocket) => void
  /** The socket is being closed already. */
  readonly onFailed: (error: Error, socket: Socket) => void
}

/** Speaks TLS on sockets that somebody else has accepted; never listens itself. */
export class TlsTerminator {
  readonly #server: Server
  readonly #strictSni: boolean
  readonly #onFailed: TerminatorOptions['onFailed']
  #ticketKeys: Buffer
  #clientAuthorities: string | undefined
  #contextFor: (serverName: string) => SecureContext | undefined = () => undefined

  constructor(options: TerminatorOptions) {
    const { presented, ticketKeys, strictSni, clientCertificates, handshakeTimeoutMs } = options
    const [first, ...others] = presented.certificates
    this.#ticketKeys = ticketKeys
    this.#clientAuthorities = presented.clientAuthorities
    this.#strictSni = strictSni
    this.#onFailed = options.onFailed
    this.#server = createServer({
      ...secureOptionsOf(first, presented.clientAuthorities),
      ticketKeys: ticketKeysFor(ticketKeys, presented.clientAuthorities),
      // In our order of preference; a client that offers neither is refused (RFC 7301 §3.2).
      ALPNProtocols: ['h2', 'http/1.1'],
      handshakeTimeout: handshakeTimeoutMs,
      requestCert: clientCertificates !== 'off',
      rejectUnauthorized: clientCertificates === 'require',
      // Looking a name up costs each handshake a turn of the event loop; with one certificate there is nothing to choose.
      ...((strictSni || others.length > 0) && {
        SNICallback: (name: string, done: (error: Error | null, context?: SecureContext) => void): void =>
          this.#choose(name, done),
      }),
    })
    this.#contextFor = contextsByName(presented.certificates, presented.clientAuthorities)
    this.#server.on('secureConnection', (socket) => {
      // Without SNI nobody asks the callback.
      if (strictSni && !hasServerName(socket)) socket.destroy()
      else options.onSecure(socket)
    })
    this.#server.on('tlsClientError', (error, socket) => {
      socket.destroy()
      options.onFailed(error, socket)
    })
  }

  /** Begins the handshake; what was read before and put back is part of it. */
  accept(socket: Socket): void {
    // node closes without a word on whomever its callback refuses.
    if (this.#strictSni) readBeginning(socket, parseClientHello, (hello) => this.#judge(socket, hello))
    else this.#server.emit('connection', socket)
  }

  /**
   * From the next handshake on. Connections that are open keep what they were opened with. A change from one certificate
   * to several needs a new terminator, as does any other option.
   *
   * @throws the error of OpenSSL, with everything left as it was
   */
  present({ certificates, clientAuthorities }: Presented): void {
    const [first] = certificates
    // Before anything is swapped: what OpenSSL refuses must not leave one half new.
    const contextFor = contextsByName(certificates, clientAuthorities)
    // Without the keys, node would give the new context random ones, and no ticket would be of use any more.
    this.#server.setSecureContext({
      ...secureOptionsOf(first, clientAuthorities),
      ...({ ticketKeys: ticketKeysFor(this.#ticketKeys, clientAuthorities) } as object),
    })
    this.#contextFor = contextFor
    this.#clientAuthorities = clientAuthorities
  }

  useTicketKeys(keys: Buffer): void {
    this.#ticketKeys = keys
    this.#server.setTicketKeys(ticketKeysFor(keys, this.#clientAuthorities))
  }

  #judge(socket: Socket, hello: ClientHello | Error): void {
    if (hello instanceof Error || !hello.isReadable) this.#server.emit('connection', socket)
    else if (hello.serverName === undefined || hello.serverName === '') {
      refuseHandshake(socket, 'missing_extension')
      this.#onFailed(misdirected('The client asked for no name.'), socket)
    } else if (this.#contextFor(hello.serverName) === undefined) {
      refuseHandshake(socket, 'unrecognized_name')
      this.#onFailed(misdirected(nameUnknown), socket)
    } else this.#server.emit('connection', socket)
  }

  /** The last word for what only OpenSSL could read. */
  #choose(name: string, done: (error: Error | null, context?: SecureContext) => void): void {
    const context = this.#contextFor(name)
    // node falls back to the first certificate when it is given none.
    if (context !== undefined) done(null, context)
    else if (this.#strictSni) done(misdirected(nameUnknown))
    else done(null)
  }
}

const nameUnknown = 'No certificate has the name the client asked for.'

const misdirected = (sentence: string): RoundtripError => new RoundtripError('MISDIRECTED_REQUEST', sentence)

const hasServerName = (socket: TLSSocket): boolean => typeof socket.servername === 'string' && socket.servername !== ''
