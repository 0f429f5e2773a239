/** The TLS handshake over a connected socket (RFC 8446, RFC 5246), its certificate judged after it has been read. */
import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import { connect as tlsConnect, type ConnectionOptions, type SecureContext, type TLSSocket } from 'node:tls'
import { certificateChain, type CertificateFacts } from './certificate.ts'
import { certificateFailure, protocolRefused, tlsFailure } from './tls-failure.ts'
import type { TlsFacts } from './trace.ts'

export type Protocol = 'h2' | 'http/1.1'

export interface HandshakeOptions {
  readonly socket: Socket
  /** The host of the URL: sent as SNI unless it is an address (RFC 6066 §3), and what the certificate must cover. */
  readonly host: string
  readonly secureContext: SecureContext
  /** Offered by ALPN, the one preferred first. */
  readonly protocols: readonly Protocol[]
  /** Of an earlier handshake with the same host. */
  readonly session: Buffer | undefined
  readonly signal: AbortSignal
  /** Wall-clock time, milliseconds since the epoch: what certificates expire by. */
  readonly nowMs: () => number
  /** Sessions come after the handshake in TLS 1.3 (RFC 8446 §4.6.1). */
  readonly onSession: (session: Buffer) => void
  /** Hears what was agreed on before it is judged, so that a refused certificate can be shown. */
  readonly onFacts: (facts: TlsFacts) => void
}

/** @throws RoundtripError `CERTIFICATE_NOT_TRUSTED`, `CERTIFICATE_NAME_MISMATCH` or `TLS_FAILED` */
export const handshake = async (options: HandshakeOptions): Promise<TLSSocket> => {
  const { host, protocols, signal, onFacts } = options
  const socket = await secured(options).catch((error: unknown) => {
    throw tlsFailure(error, { protocols, timedOut: signal.aborted })
  })
  const certificates = certificateChain(socket.getPeerX509Certificate(), options.nowMs())
  onFacts(factsOf(socket, certificates))
  if (!socket.authorized) {
    socket.destroy()
    throw certificateFailure(String(socket.authorizationError), host, certificates)
  }
  // A server without ALPN speaks HTTP/1.1, which may not be what was wanted.
  const chosen = socket.alpnProtocol || 'http/1.1'
  if (!protocols.some((protocol) => protocol === chosen)) {
    socket.destroy()
    throw protocolRefused(protocols)
  }
  return socket
}

const secured = (options: HandshakeOptions): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const { signal, session, host } = options
    const socket = tlsConnect(connectionOptions(options, session, host))
    const onAbort = (): void => void socket.destroy(new Error('aborted'))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    socket.on('session', options.onSession)
    // Stays on: an error after the handshake must not end the process before HTTP listens for it.
    socket.on('error', reject)
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', onAbort)
      resolve(socket)
    })
  })

const connectionOptions = (
  { socket, secureContext, protocols }: HandshakeOptions,
  session: Buffer | undefined,
  host: string,
): ConnectionOptions => ({
  socket,
  secureContext,
  ALPNProtocols: [...protocols],
  // Checked by our own hands below: the chain is part of what a trace shows. Nothing is sent when it fails.
  rejectUnauthorized: false,
  ...(isIP(host) === 0 ? { servername: host } : { host }),
  ...(session !== undefined && { session }),
})

const factsOf = (socket: TLSSocket, certificates: readonly CertificateFacts[]): TlsFacts => {
  const group = (socket.getEphemeralKeyInfo() as { name?: string } | null)?.name
  const { alpnProtocol } = socket
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
    ...(group !== undefined && { keyExchange: group }),
    alpn: typeof alpnProtocol === 'string' && alpnProtocol !== '' ? alpnProtocol : undefined,
    resumed: socket.isSessionReused(),
    certificates,
  }
}
