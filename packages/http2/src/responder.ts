/** Writes responses: head, content from memory or a stream, and an honest end (RFC 9113 §8.1). */
import { Readable } from 'node:stream'
import type { Fields, HttpResponse } from '@roundtrip/http'
import { writeHeaders } from './frame-writer.ts'
import type { Output } from './output.ts'
import type { PeerSettings } from './peer-settings.ts'
import { encodeHead, encodeInterim } from './response-head.ts'
import type { SendQueue } from './send-queue.ts'
import type { ServerStream } from './server-stream.ts'

export interface ResponderEvents {
  /** END_STREAM is out. */
  onFinished(stream: ServerStream): void
  /** The content broke off, or was not what the head had promised. */
  onBroken(stream: ServerStream): void
}

/** Statuses that never carry content (RFC 9110 §6.4.1). */
const isBodiless = (status: number): boolean => status === 204 || status === 304

const bytesOf = (body: HttpResponse['body']): Uint8Array | undefined => {
  if (body instanceof Readable) return undefined
  return typeof body === 'string' ? Buffer.from(body) : body
}

/** A stream that nobody reads any more may still fail; that must not bring the process down. */
export const discard = (body: HttpResponse['body']): void => {
  if (body instanceof Readable) body.on('error', () => undefined).destroy()
}

export class Responder {
  readonly #output: Output
  readonly #queue: SendQueue
  readonly #peer: PeerSettings
  readonly #events: ResponderEvents

  constructor(output: Output, queue: SendQueue, peer: PeerSettings, events: ResponderEvents) {
    this.#output = output
    this.#queue = queue
    this.#peer = peer
    this.#events = events
  }

  /** @throws TypeError or RangeError when a field cannot be sent */
  inform(stream: ServerStream, status: number, fields: Fields): void {
    if (stream.hasResponded || stream.isClosed) return
    const { block, length } = encodeInterim(status, fields, this.#peer.mustShrinkTable)
    if (this.#peer.mustShrinkTable) this.#peer.noteTableShrunk()
    writeHeaders(this.#output, stream.id, false, block, length)
  }

  /** @throws TypeError or RangeError when the response cannot be sent */
  respond(stream: ServerStream, response: HttpResponse): void {
    const { status, body } = response
    if (stream.isClosed) {
      discard(body)
      return
    }
    const bytes = bytesOf(body)
    const { mustShrinkTable } = this.#peer
    const head = encodeHead(response, contentLength(stream.method, response, bytes), mustShrinkTable)
    if (mustShrinkTable) this.#peer.noteTableShrunk()
    stream.hasResponded = true
    const isEmpty = stream.method === 'HEAD' || isBodiless(status) || body === undefined || bytes?.byteLength === 0
    writeHeaders(this.#output, stream.id, isEmpty, head.block, head.length)
    if (isEmpty) {
      discard(body)
      this.#events.onFinished(stream)
    } else if (bytes === undefined) this.#stream(stream, response)
    else {
      stream.pending = bytes
      stream.isLast = true
      this.#send(stream)
    }
  }

  #send(stream: ServerStream): void {
    this.#queue.add(stream)
    this.#queue.pump()
  }

  #stream(stream: ServerStream, { body: source, fields }: HttpResponse): void {
    if (!(source instanceof Readable)) return
    const announced = fields.get('content-length')
    const announcedBytes = announced === undefined ? Number.POSITIVE_INFINITY : Number(announced)
    let bytes = 0
    const breakOff = (): void => {
      if (!stream.isClosed) this.#events.onBroken(stream)
    }
    stream.source = source
    source.on('error', breakOff)
    // Failed before we listened: none of its events will come any more.
    if (source.destroyed) return breakOff()
    source.on('data', (chunk: Uint8Array | string) => {
      const piece = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      bytes += piece.byteLength
      if (bytes > announcedBytes) return breakOff()
      if (piece.byteLength === 0 || stream.isClosed) return
      stream.pending = piece
      this.#send(stream)
      if (stream.hasPending) source.pause()
    })
    source.once('end', () => {
      if (announced !== undefined && bytes !== announcedBytes) return breakOff()
      if (stream.isClosed) return
      stream.isLast = true
      this.#send(stream)
    })
    source.once('close', () => {
      if (!source.readableEnded) breakOff()
    })
  }
}

/** A body in memory knows its length best; for HEAD and 304 without one, what the handler announced stands (RFC 9110 §8.6). */
const contentLength = (
  method: string,
  { status, body }: HttpResponse,
  bytes: Uint8Array | undefined,
): number | 'keep' | undefined => {
  if (status === 204) return undefined
  if (bytes !== undefined) return bytes.byteLength
  return body === undefined && method !== 'HEAD' && status !== 304 ? 0 : 'keep'
}
