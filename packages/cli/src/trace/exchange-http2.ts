/** HTTP/2 (RFC 9113) over a socket whose other end has agreed to it, by ALPN as a rule. */
import { STATUS_CODES } from 'node:http'
import { connect, type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2'
import type { Socket } from 'node:net'
import { Fields } from '@roundtrip/http'
import {
  exchangeFailure,
  hasWholeBody,
  watched,
  type Connection,
  type ExchangeObserver,
  type OutgoingRequest,
} from './exchange.ts'

export const http2Connection = (socket: Socket, authority: string): Connection => {
  const session = connect(`https://${authority}`, { createConnection: () => socket })
  // A broken connection fails the stream that is open, which reports it; the session's own event says the same again.
  session.on('error', () => undefined)
  return {
    protocol: 'h2',
    async exchange(request, observer, signal) {
      const { observer: watching, progress } = watched(observer)
      try {
        await send(session, request, watching, () => hasWholeBody(request, progress), signal)
      } catch (error) {
        session.destroy()
        throw exchangeFailure(error, progress, signal.aborted)
      }
    },
    isReusable: () => !session.closed && !session.destroyed,
    close: () => session.destroy(),
  }
}

const headersOf = ({ method, scheme, authority, path, fields, body }: OutgoingRequest): OutgoingHttpHeaders => {
  const headers: Record<string, string | string[]> = {
    ':method': method,
    ':scheme': scheme,
    ':authority': authority,
    ':path': path,
  }
  for (const [name] of fields) headers[name] = fields.getAll(name)
  if (body !== undefined) headers['content-length'] = String(body.byteLength)
  return headers
}

const send = (
  session: ClientHttp2Session,
  request: OutgoingRequest,
  observer: ExchangeObserver,
  isWhole: () => boolean,
  signal: AbortSignal,
): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const stream = session.request(headersOf(request), { endStream: request.body === undefined, signal })
  stream.once('error', reject)
  stream.once('finish', () => observer.sent())
  stream.once('response', (_headers, _flags, raw: string[]) => observer.head(headOf(raw)))
  stream.on('data', (chunk: Buffer) => observer.data(chunk.byteLength))
  // A stream that is reset, or whose connection is gone, ends like one that is complete.
  stream.once('end', () => (stream.rstCode === 0 && isWhole() ? resolve(undefined) : reject(reset(stream))))
  stream.once('close', () => reject(reset(stream)))
  if (request.body !== undefined) stream.end(request.body)
  return promise
}

const reset = ({ rstCode }: ClientHttp2Stream): Error => new Error(`the stream was closed with code ${rstCode}`)

const headOf = (raw: readonly string[]) => {
  const fields = Fields.fromRaw(raw)
  const status = Number(fields.get(':status'))
  return { status, statusText: STATUS_CODES[status] ?? '', httpVersion: '2', fields: fields.delete(':status') }
}
