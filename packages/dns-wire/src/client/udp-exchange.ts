/** One question and its answer over UDP, with what a stub can do against forged answers (RFC 5452). */
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Message } from '../message.ts'
import { judgeAnswer } from './judge-answer.ts'

export interface Server {
  readonly host: string
  readonly port: number
}

/** A query in both forms. */
export interface Ask {
  readonly message: Message
  readonly bytes: Uint8Array
}

/**
 * Resolves with the first answer that fits, or with `case-changed` for one that fits but for the case of the name.
 * Whatever else arrives is ignored, since anyone may have sent it.
 *
 * A connected socket takes datagrams from the server's own address and port only, hears of closed ports, and has a
 * fresh random source port each time.
 *
 * @throws what the socket fails with, or the signal's reason
 */
export const exchangeOverUdp = async (
  server: Server,
  ask: Ask,
  signal: AbortSignal,
): Promise<Message | 'case-changed'> => {
  signal.throwIfAborted()
  const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4')
  const { promise, resolve, reject } = Promise.withResolvers<Message | 'case-changed'>()
  const abort = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', abort, { once: true })
  socket.on('error', reject)
  socket.on('message', (bytes) => {
    const verdict = judgeAnswer(ask.message, bytes)
    if (verdict !== 'unrelated') resolve(verdict)
  })
  // A callback of `connect` would be called for a host that cannot be looked up as well, which `error` reports.
  socket.once('connect', () => {
    socket.send(ask.bytes, (error) => {
      if (error) reject(error)
    })
  })
  socket.connect(server.port, server.host)
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', abort)
    socket.close()
  }
}
