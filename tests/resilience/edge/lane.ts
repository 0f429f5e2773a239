/** One client with one question at a time: over HTTP/1.1 with a connection that it keeps, or over an HTTP/2 session, which several may share. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2'
import { Agent, request as httpsRequest } from 'node:https'
import { buffer } from 'node:stream/consumers'

export interface Question {
  readonly method: 'GET' | 'POST'
  readonly target: string
  readonly content: Buffer | undefined
  /** Beside those that every request has. */
  readonly fields: Readonly<Record<string, string>>
}

export interface Reply {
  readonly status: number
  readonly fields: Readonly<Record<string, string | string[] | undefined>>
  readonly content: Buffer
}

/** A failure after the head of the response: nobody may try again then. */
export class BegunError extends Error {
  override readonly name = 'BegunError'
}

export interface Lane {
  /** @throws BegunError when a response broke off; any other error when there was none */
  readonly ask: (question: Question) => Promise<Reply>
  readonly close: () => void
}

export interface EdgeAddress {
  readonly httpsPort: number
  readonly ca: string
}

const host = 'www.roundtrip.test'

const readAll = async (response: NodeJS.ReadableStream, isWhole: () => boolean): Promise<Buffer> => {
  let content: Buffer
  try {
    content = await buffer(response)
  } catch (cause) {
    throw new BegunError('the response broke off', { cause })
  }
  if (!isWhole()) throw new BegunError('the response broke off')
  return content
}

export const http1Lane = ({ httpsPort, ca }: EdgeAddress): Lane => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const address = { host: '127.0.0.1', port: httpsPort, ca, servername: host, agent }
  const ask = async ({ method, target, content, fields }: Question): Promise<Reply> => {
    const length = content === undefined ? {} : { 'content-length': content.length }
    const request = httpsRequest({ ...address, method, path: target, headers: { ...fields, host, ...length } })
    const answered = once(request, 'response')
    request.end(content)
    const [response] = (await answered) as [IncomingMessage]
    const { statusCode: status = 0, headers } = response
    return { status, fields: headers, content: await readAll(response, () => response.complete) }
  }
  return { ask, close: () => agent.destroy() }
}

/** A stream may be closed without an error, and without an answer: by a session that ends. */
const headOf = async (stream: ClientHttp2Stream): Promise<IncomingHttpHeaders> => {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingHttpHeaders>()
  stream.once('response', resolve)
  stream.once('error', reject)
  stream.once('close', () => reject(new Error(`the stream was closed with ${stream.rstCode}`)))
  return promise
}

/** A session that is going away or gone is replaced, as every client does. */
class KeptSession {
  readonly #edge: EdgeAddress
  #session: ClientHttp2Session | undefined
  #opening: Promise<ClientHttp2Session> | undefined

  constructor(edge: EdgeAddress) {
    this.#edge = edge
  }

  async get(): Promise<ClientHttp2Session> {
    for (;;) {
      if (this.#session !== undefined && !this.#session.closed && !this.#session.destroyed) return this.#session
      // It may be told to go while it opens, or before all who wait have had their turn.
      this.#session = await (this.#opening ??= this.#open().finally(() => (this.#opening = undefined)))
    }
  }

  close(): void {
    this.#session?.destroy()
  }

  async #open(): Promise<ClientHttp2Session> {
    const { httpsPort, ca } = this.#edge
    const opened = connect(`https://127.0.0.1:${httpsPort}`, { ca, servername: host })
    opened.on('error', () => undefined)
    opened.once('goaway', () => opened.close())
    await once(opened, 'connect')
    return opened
  }
}

/** @param streams lanes that share a session, each with a stream of its own */
export const http2Lanes = (edge: EdgeAddress, streams: number): Lane[] => {
  const session = new KeptSession(edge)
  return Array.from({ length: streams }, () => laneOn(session))
}

const laneOn = (session: KeptSession): Lane => {
  const ask = async (question: Question): Promise<Reply> => {
    const { method, target, content, fields } = question
    const head = { ...fields, ':method': method, ':path': target, ':authority': host }
    const stream = (await session.get()).request(head)
    const answered = headOf(stream)
    stream.end(content)
    try {
      const headers = await answered
      const isWhole = (): boolean => stream.rstCode === constants.NGHTTP2_NO_ERROR
      return { status: Number(headers[':status']), fields: headers, content: await readAll(stream, isWhole) }
    } catch (error) {
      // Was not processed, as the server says itself: it may be sent again (RFC 9113 §8.7).
      if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) return ask(question)
      throw error
    } finally {
      // An error that comes later is told by `rstCode`.
      stream.on('error', () => undefined)
    }
  }
  return { ask, close: () => session.close() }
}
