/** Puts a pipeline behind HTTP/2 connections (RFC 9113), straight on their sockets. */
import type { Socket } from 'node:net'
import type { Downstream, ServeOptions, ServerConnection } from '@roundtrip/http'
import { Http2Connection } from './connection.ts'
import { defaultLimits, type Http2Limits } from './limits.ts'

/** Runs a task again and again; returns how to stop that. */
export type Schedule = (task: () => void, intervalMs: number) => () => void

export interface Http2ServerOptions extends ServeOptions {
  /** Defaults stand in `http2Settings`. */
  readonly limits?: Partial<Http2Limits>
  /** `setInterval` by default. */
  readonly schedule?: Schedule
}

const sweepIntervalMs = 1000

/**
 * Makes what serves connections whose client speaks HTTP/2: by ALPN, or by prior knowledge where the listener wants
 * that. The socket must not have been read from.
 */
export const serveHttp2 = (
  options: Http2ServerOptions,
): ((socket: Socket, downstream: Downstream) => ServerConnection) => {
  const { clock = () => performance.now(), schedule = every } = options
  const limits = { ...defaultLimits, ...options.limits }
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
  return (socket, downstream) => {
    const connection = new Http2Connection(socket, downstream, options, limits, clock)
    connections.add(connection)
    if (stopSweeps === undefined) {
      sweptMs = clock()
      stopSweeps = schedule(sweep, sweepIntervalMs)
    }
    void connection.closed.then(() => forget(connection))
    return connection
  }
}

const every: Schedule = (task, intervalMs) => {
  const timer = setInterval(task, intervalMs).unref()
  return () => clearInterval(timer)
}
