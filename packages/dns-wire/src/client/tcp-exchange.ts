/** One question and its answer over a TCP connection of its own (RFC 7766). */
import { connect } from 'node:net'
import { RoundtripError } from '@roundtrip/errors'
import { FrameReader, frameMessage } from '../framing.ts'
import { decodeMessage, type Message } from '../message.ts'
import { answers } from './judge-answer.ts'
import type { Ask, Server } from './udp-exchange.ts'

/**
 * @throws RoundtripError `UPSTREAM_RESET` when the server closes first, `DNS_MESSAGE_INVALID` when it answers with
 *   garbage; what the socket fails with; or the signal's reason
 */
export const exchangeOverTcp = async (server: Server, ask: Ask, signal: AbortSignal): Promise<Message> => {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Message>()
  const socket = connect({ ...server, noDelay: true })
  const frames = new FrameReader()
  const abort = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', abort, { once: true })
  socket.on('error', reject)
  socket.on('close', () => {
    reject(new RoundtripError('UPSTREAM_RESET', 'The DNS server closed the connection before it answered.'))
  })
  socket.on('data', (piece: Buffer) => {
    try {
      const found = frames
        .push(piece)
        .map(decodeMessage)
        .find((message) => answers(ask.message, message))
      if (found !== undefined) resolve(found)
    } catch (error) {
      reject(error)
    }
  })
  socket.write(frameMessage(ask.bytes))
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', abort)
    socket.destroy()
  }
}
