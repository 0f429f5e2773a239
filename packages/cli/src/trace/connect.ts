/** TCP connect to the first address that answers: Happy Eyeballs (RFC 8305) without the race, so that each try shows. */
import { connect as tcpConnect, isIPv6, type Socket } from 'node:net'
import { RoundtripError } from '@roundtrip/errors'
import type { Clock } from './phases.ts'
import type { ConnectAttempt } from './trace.ts'

export interface ConnectOptions {
  /** At least one, tried in this order. */
  readonly addresses: readonly string[]
  readonly port: number
  /** For every address but the last, which may take as long as the signal lets it. */
  readonly attemptTimeoutMs: number
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Hears of each try, also when all of them fail. */
  readonly onAttempt: (attempt: ConnectAttempt) => void
}

/** `[::1]:443`, `127.0.0.1:443`. */
export const hostPort = (address: string, port: number): string =>
  isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`

const failures: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timed out',
  ENETUNREACH: 'network unreachable',
  EHOSTUNREACH: 'host unreachable',
  EADDRNOTAVAIL: 'no such address family here',
  ECONNRESET: 'reset',
}

/** @throws RoundtripError `CONNECT_TIMEOUT` or `UPSTREAM_UNREACHABLE` when no address accepts */
export const connect = async (options: ConnectOptions): Promise<Socket> => {
  const { addresses, port, clock, signal, onAttempt } = options
  const tried: string[] = []
  let failure = 'has no address'
  for (const [index, address] of addresses.entries()) {
    const startedAt = clock()
    const isLast = index === addresses.length - 1
    const limit = isLast ? signal : AbortSignal.any([signal, AbortSignal.timeout(options.attemptTimeoutMs)])
    try {
      const socket = await connectOnce(address, port, limit)
      onAttempt({ address, port, durationMs: clock() - startedAt })
      return socket
    } catch (error) {
      failure = failureOf(error, limit)
      tried.push(`${hostPort(address, port)} ${failure}`)
      onAttempt({ address, port, durationMs: clock() - startedAt, failure })
    }
    if (signal.aborted) break
  }
  throw unreachable(tried, failure)
}

const connectOnce = (host: string, port: number, signal: AbortSignal): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = tcpConnect({ host, port })
    // Segments that wait for others to be acknowledged would show up as time of the server.
    socket.setNoDelay(true)
    const onAbort = (): void => void socket.destroy(new Error('aborted'))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('error', (error) => {
      signal.removeEventListener('abort', onAbort)
      reject(error)
    })
    socket.once('connect', () => {
      signal.removeEventListener('abort', onAbort)
      // Whoever uses the socket next listens for errors itself; one in between must not end the process.
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })

const failureOf = (error: unknown, limit: AbortSignal): string => {
  if (limit.aborted) return 'timed out'
  const { code, message } = error as NodeJS.ErrnoException
  return failures[code ?? ''] ?? code ?? message
}

const unreachable = (tried: readonly string[], failure: string): RoundtripError => {
  const list = tried.join('; ')
  if (failure === 'timed out') return new RoundtripError('CONNECT_TIMEOUT', `No connection in time: ${list}.`)
  const hint = failure === 'refused' ? ' Nothing listens there.' : ''
  return new RoundtripError('UPSTREAM_UNREACHABLE', `No connection: ${list}.${hint}`)
}
