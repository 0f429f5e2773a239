/** HTTP/1.1 (RFC 9112) over a socket that is connected already. */
import { Agent, STATUS_CODES, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { Fields } from '@roundtrip/http'
import { exchangeFailure, watched, type Connection, type ExchangeObserver, type OutgoingRequest } from './exchange.ts'

/** An agent whose only connection is the one given; it keeps that alive between requests. */
class OneSocket extends Agent {
  readonly #socket: Socket

  constructor(socket: Socket) {
    super({ keepAlive: true, maxSockets: 1 })
    this.#socket = socket
  }

  override createConnection(): Socket {
    return this.#socket
  }
}

export const http1Connection = (socket: Socket): Connection => {
  const agent = new OneSocket(socket)
  return {
    protocol: 'http/1.1',
    async exchange(request, observer, signal) {
      const { observer: watching, progress } = watched(observer)
      try {
        await send(agent, request, watching, signal)
      } catch (error) {
        socket.destroy()
        throw exchangeFailure(error, progress, signal.aborted)
      }
    },
    isReusable: () => socket.writable && socket.readable,
    close: () => {
      agent.destroy()
      socket.destroy()
    },
  }
}

const rawFields = ({ authority, fields, body }: OutgoingRequest): string[] => [
  'host',
  authority,
  ...fields.toRaw(),
  ...(body === undefined ? [] : ['content-length', String(body.byteLength)]),
]

const send = (
  agent: Agent,
  request: OutgoingRequest,
  observer: ExchangeObserver,
  signal: AbortSignal,
): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const outgoing = httpRequest({
    agent,
    method: request.method,
    path: request.path,
    headers: rawFields(request),
    signal,
  })
  outgoing.once('error', reject)
  if (request.body === undefined) onceFlushed(outgoing, observer.sent)
  else outgoing.once('finish', observer.sent)
  outgoing.once('response', (incoming) => {
    observer.head(headOf(incoming))
    incoming.on('data', (chunk: Buffer) => observer.data(chunk.byteLength))
    incoming.once('error', reject)
    incoming.once('end', () => resolve(undefined))
  })
  outgoing.end(request.body)
  return promise
}

/**
 * A request without content is with the system as soon as it has been written to the socket, which node:http does right
 * after this event. `finish` tells of it a turn of the event loop later, by when a quick server has answered.
 */
const onceFlushed = (outgoing: ClientRequest, listener: () => void): void => {
  outgoing.once('socket', () => process.nextTick(listener))
}

const headOf = ({ statusCode = 0, statusMessage, httpVersion, rawHeaders }: IncomingMessage) => ({
  status: statusCode,
  statusText: statusMessage || (STATUS_CODES[statusCode] ?? ''),
  httpVersion,
  fields: Fields.fromRaw(rawHeaders),
})
