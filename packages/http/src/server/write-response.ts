/** From our responses to node's: framing for HTTP/1.1 (RFC 9112 §6) and HTTP/2 (RFC 9113 §8.1). */
import { STATUS_CODES, type ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { Readable } from 'node:stream'
import type { Fields } from '../fields.ts'
import { stripHopByHop } from '../hop-by-hop.ts'
import type { Delivery, HttpResponse } from '../message.ts'
import { deliverBytes, deliverStream, type Sink } from './delivery.ts'

export type NodeResponse = ServerResponse | Http2ServerResponse

const isHttp2 = (response: NodeResponse): response is Http2ServerResponse => 'stream' in response

/** Statuses that never carry content (RFC 9110 §6.4.1). */
const isBodiless = (status: number): boolean => status === 204 || status === 304

/** The writable side of a response. */
export const sinkOf = (out: NodeResponse): Sink => (isHttp2(out) ? out.stream : out)

/**
 * Sends a response and resolves when its last byte was handed to the connection, or when that became impossible.
 * A body that fails half-way ends the connection (HTTP/1.1) or resets the stream (HTTP/2), so that the client
 * cannot take a part for the whole (RFC 9112 §8). Never leaves a body stream open.
 *
 * @throws TypeError when a field or the status cannot be sent
 */
export const writeResponse = async (method: string, response: HttpResponse, out: NodeResponse): Promise<Delivery> => {
  const { status, fields } = response
  const sink = sinkOf(out)
  const stream = response.body instanceof Readable ? response.body : undefined
  const bytes = bytesOf(response.body)
  if (sink.destroyed || sink.closed) {
    discard(stream)
    return { outcome: 'aborted', bodyBytes: 0 }
  }
  if (status === 204) fields.delete('content-length')
  else if (stream === undefined && (status !== 304 || bytes !== undefined)) frameWhole(method, fields, bytes)
  const closesAfter = fields.get('connection') === 'close'
  try {
    writeHead(status, fields, out)
  } catch (error) {
    discard(stream)
    throw error
  }
  if (method === 'HEAD' || isBodiless(status)) {
    discard(stream)
    return deliverBytes(sink, undefined, closesAfter)
  }
  if (stream === undefined) return deliverBytes(sink, bytes, closesAfter)
  return deliverStream(sink, stream, announcedBytes(fields))
}

const bytesOf = (body: HttpResponse['body']): Uint8Array | undefined => {
  if (body instanceof Readable) return undefined
  return typeof body === 'string' ? Buffer.from(body) : body
}

/** A body in memory knows its length best; for HEAD without one, what the handler announced stands (RFC 9110 §8.6). */
const frameWhole = (method: string, fields: Fields, bytes: Uint8Array | undefined): void => {
  if (bytes !== undefined) fields.set('content-length', bytes.byteLength)
  else if (method !== 'HEAD') fields.set('content-length', 0)
}

const announcedBytes = (fields: Fields): number | undefined => {
  const announced = fields.get('content-length')
  return announced === undefined ? undefined : Number(announced)
}

/** A stream that nobody reads any more may still fail; that must not bring the process down. */
const discard = (stream: Readable | undefined): void => {
  stream?.on('error', () => undefined).destroy()
}

const writeHead = (status: number, fields: Fields, out: NodeResponse): void => {
  if (isHttp2(out)) out.stream.respond({ ':status': status, ...toHeaderObject(stripHopByHop(fields)) })
  else out.writeHead(status, STATUS_CODES[status] ?? '', fields.toRaw())
}

/** Repeated fields are joined (RFC 9110 §5.3), all but Set-Cookie, which may not be. */
const toHeaderObject = (fields: Fields): Record<string, string | string[]> => {
  const headers: Record<string, string | string[]> = {}
  for (const [name] of fields) {
    headers[name] = name === 'set-cookie' ? fields.getAll(name) : (fields.get(name) ?? '')
  }
  return headers
}
