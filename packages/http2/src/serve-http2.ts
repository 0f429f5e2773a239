/** Puts a pipeline behind HTTP/2 connections (RFC 9113), straight on their sockets. */
import type { Socket } from 'node:net'
import type { Downstream, ServeOptions, ServerConnection } from '@roundtrip/http'
import { Http2Connection } from './connection.ts'
import { defaultLimits, type Http2Limits } from './limits.ts'
import { ServerState, type Http2Stats } from './server-state.ts'

/** Runs a task again and again; returns how to stop that. */
export type Schedule = (task: () => void, intervalMs: number) => () => void

export interface Http2ServerOptions extends ServeOptions {
  /** Defaults stand in `http2Settings`. */
  readonly limits?: Partial<Http2Limits>
  /** `setInterval` by default. */
  readonly schedule?: Schedule
}

const sweepIntervalMs = 1000

export interface Http2Server {
  /** Takes a connection over whose socket has not been read from. */
  (socket: Socket, downstream: Downstream): ServerConnection
  readonly stats: () => Http2Stats
}

/**
 * Makes what serves connections whose client speaks HTTP/2: by ALPN, or by prior knowledge where the listener wants
 * that.
 */
export const serveHttp2 = (options: Http2ServerOptions): Http2Server => {
  const { clock = () => performance.now(), schedule = every } = options
  const state = new ServerState(options, { ...defaultLimits, ...options.limits }, clock)
  const connections = new Set<Http2Connection>()
  let stopSweeps: (() => void) | undefined
  let sweptMs = clock()
  const sweep = (): void => {
    const nowMs = clock()
    // A process that was stopped for a while must not take that for the silence of its clients.
    const elapsedMs = Math.min(nowMs - sweptMs, 2 * sweepIntervalMs)
    sweptMs = nowMs
    for (const connection of connections) connection.sweep(elapsedMs)
  }
  const forget = (connection: Http2Connection): void => {
    connections.delete(connection)
    if (connections.size > 0) return
    stopSweeps?.()
    stopSweeps = undefined
  }
  const accept = (socket: Socket, downstream: Downstream): ServerConnection => {
    const connection = new Http2Connection(socket, downstream, state)
    state.acceptedConnections += 1
    connections.add(connection)
    if (stopSweeps === undefined) {
      sweptMs = clock()
      stopSweeps = schedule(sweep, sweepIntervalMs)
    }
    void connection.closed.then(() => forget(connection))
    return connection
  }
  return Object.assign(accept, { stats: () => state.stats(connections) })
}

const every: Schedule = (task, intervalMs) => {
  const timer = setInterval(task, intervalMs).unref()
  return () => clearInterval(timer)
}
