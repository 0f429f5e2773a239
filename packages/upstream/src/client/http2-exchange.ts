/** One exchange as a stream of an HTTP/2 session (RFC 9113 §8.1). */
import {
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2'
import { RoundtripError, toRoundtripError } from '@roundtrip/errors'
import { Fields, isFieldName, isFieldValue, isHopByHop } from '@roundtrip/http'
import { upstreamError } from '../upstream-error.ts'
import type { Carrier, Exchange } from './exchange.ts'
import { announcedBytes } from './forwarded-request.ts'
import { http2Head } from './http2-request-head.ts'
import { ResponseBody, type BodySource } from './response-body.ts'
import type { TransportTimeouts } from './transport.ts'
import { Upload, type UploadEvents } from './upload.ts'

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants

/** The session's side of an exchange. */
export interface Http2Owner {
  readonly member: string
  readonly timeouts: TransportTimeouts
  readonly clock: () => number
  readonly scheme: 'http' | 'https'
  /** Streams above this the next hop has not acted on, as its GOAWAY says (RFC 9113 §6.8). */
  readonly lastStreamId: number
  /** The content of its request is sent, or will not be. */
  uploadEnded(): void
  /** The stream is gone, or will be as soon as the session gets to it. */
  finished(stream: Http2Exchange, hasTimedOut: boolean): void
}

const invalid = (sentence: string): RoundtripError => new RoundtripError('UPSTREAM_INVALID', sentence)

/** node hands out CR, LF, NUL and names that are none: whoever writes them to an HTTP/1.1 client would write another response. */
const readFields = (raw: readonly string[]): Fields => {
  const flat: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? ''
    if (name.startsWith(':')) continue
    const value = (raw[i + 1] ?? '').trim()
    if (!isFieldName(name) || !isFieldValue(value)) throw invalid('A field of the response is malformed.')
    if (isHopByHop(name)) throw invalid(`A response over HTTP/2 must not have ${name}.`)
    flat.push(name, value)
  }
  return Fields.adopt(flat)
}

export class Http2Exchange implements Carrier, BodySource, UploadEvents {
  readonly #owner: Http2Owner
  readonly #exchange: Exchange
  readonly #stream: ClientHttp2Stream
  #upload: Upload | undefined
  #deadlineMs: number
  #leftBytes: number | undefined
  #isOver = false
  /** Whether END_STREAM has come. */
  #isWhole = false

  /** @throws Error when the session takes no more streams */
  constructor(owner: Http2Owner, session: ClientHttp2Session, exchange: Exchange) {
    const { request } = exchange
    this.#owner = owner
    this.#exchange = exchange
    const endStream = request.body === undefined
    this.#stream = session.request(http2Head(request, owner.scheme), { endStream })
    exchange.carrier = this
    this.#listen()
    this.#deadlineMs = endStream ? owner.clock() + exchange.firstByteTimeoutMs : Infinity
    if (request.body === undefined) return
    const { body, fields } = request
    const { retained } = exchange.options
    const content = { body, lengthBytes: announcedBytes(fields), isChunked: false, retained }
    this.#upload = new Upload(this.#stream, content, this)
    this.#upload.start()
  }

  sweep(nowMs: number): void {
    if (nowMs >= Math.min(this.#deadlineMs, this.#exchange.totalDeadlineMs)) {
      this.#fail(new RoundtripError('UPSTREAM_TIMEOUT'), NGHTTP2_CANCEL)
    }
  }

  callOff(_exchange: Exchange, error: RoundtripError): void {
    this.#fail(error, NGHTTP2_CANCEL)
  }

  pauseBody(): void {
    this.#deadlineMs = Infinity
    this.#stream.pause()
  }

  resumeBody(): void {
    if (this.#isOver || !this.#stream.isPaused()) return
    this.#awaitContent()
    this.#stream.resume()
  }

  abandonBody(reason: Error | null): void {
    const error = reason instanceof RoundtripError ? reason : new RoundtripError('CLIENT_CLOSED_REQUEST')
    this.#fail(error, NGHTTP2_CANCEL)
  }

  uploaded(): void {
    this.#endUpload()
    this.#stream.end()
    if (this.#exchange.body === undefined) {
      this.#deadlineMs = this.#owner.clock() + this.#exchange.firstByteTimeoutMs
    } else this.#awaitContent()
  }

  uploadFailed(error: RoundtripError): void {
    this.#fail(error, NGHTTP2_CANCEL)
  }

  uploadStalled(isStalled: boolean): void {
    this.#deadlineMs = isStalled ? this.#owner.clock() + this.#owner.timeouts.bodyTimeoutMs : Infinity
  }

  #listen(): void {
    const stream = this.#stream
    let failure: Error | undefined
    stream.on('response', (headers, flags, raw) => this.#answered(headers, flags, raw))
    stream.on('headers', (headers, _flags, raw) => this.#informed(headers, raw))
    stream.on('data', (octets: Buffer) => this.#receive(octets))
    this.#watchForEnd()
    stream.once('end', () => this.#ended())
    stream.on('error', (error) => void (failure ??= error))
    stream.once('close', () => this.#closed(failure))
  }

  #informed(headers: IncomingHttpHeaders & IncomingHttpStatusHeader, raw: string[]): void {
    const status = headers[':status'] ?? 0
    if (this.#isOver || status === 100) return
    try {
      this.#exchange.options.context.inform?.(status, readFields(raw))
    } catch (error) {
      this.#fail(toRoundtripError(error), constants.NGHTTP2_PROTOCOL_ERROR)
    }
  }

  #answered(headers: IncomingHttpHeaders & IncomingHttpStatusHeader, flags: number, raw: string[]): void {
    if (this.#isOver) return
    const status = headers[':status'] ?? 0
    try {
      if (status < 200 || status > 599) throw invalid('The response has no valid status.')
      const fields = readFields(raw)
      this.#leftBytes = this.#exchange.request.method === 'HEAD' ? undefined : announcedBytes(fields)
      this.#respond(status, fields, (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0)
    } catch (error) {
      // A Content-Length that is no number is the next hop's fault here.
      const isOurs = error instanceof RoundtripError && error.code === 'UPSTREAM_INVALID'
      this.#fail(isOurs ? error : invalid('Content-Length is not a number.'), constants.NGHTTP2_PROTOCOL_ERROR)
    }
  }

  #respond(status: number, fields: Fields, isWhole: boolean): void {
    if (!isWhole) this.#exchange.body = new ResponseBody(this)
    if (this.#upload !== undefined && status >= 300) this.#upload.stop()
    this.#awaitContent()
    this.#exchange.respond({ status, fields, body: this.#exchange.body, httpVersion: '2' })
  }

  #receive(octets: Buffer): void {
    if (this.#isOver) return
    if (this.#leftBytes !== undefined) this.#leftBytes -= octets.byteLength
    this.#awaitContent()
    this.#exchange.body?.receive(octets)
  }

  /**
   * node ends a stream that was reset with NO_ERROR as if END_STREAM had come, and a part would be taken for the whole
   * (RFC 9113 §8.1). Only the moment tells: a reset closes the stream before it ends, END_STREAM does not.
   */
  #watchForEnd(): void {
    const stream = this.#stream
    const push = stream.push.bind(stream)
    stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
      if (chunk === null && !stream.closed) this.#isWhole = true
      return push(chunk, encoding)
    }
  }

  #ended(): void {
    if (this.#isOver || !this.#isWhole) return
    const hasBody = this.#exchange.body !== undefined
    if (hasBody && (this.#leftBytes ?? 0) !== 0) {
      return this.#fail(invalid('The content is not as long as announced.'), constants.NGHTTP2_PROTOCOL_ERROR)
    }
    this.#settle(false)
    this.#exchange.complete()
    if (!this.#stream.writableEnded) this.#stream.close(NGHTTP2_NO_ERROR)
  }

  #closed(failure: Error | undefined): void {
    if (this.#isOver) return
    const { rstCode, id } = this.#stream
    const isBehindGoaway = id === undefined || id > this.#owner.lastStreamId
    const isUnprocessed = rstCode === NGHTTP2_REFUSED_STREAM || isBehindGoaway
    const error =
      failure instanceof RoundtripError ? failure : new RoundtripError('UPSTREAM_RESET', undefined, { cause: failure })
    this.#settle(false)
    this.#exchange.fail(upstreamError(error, { member: this.#owner.member, sent: !isUnprocessed }))
  }

  #awaitContent(): void {
    const isUploading = this.#upload !== undefined
    this.#deadlineMs = isUploading ? Infinity : this.#owner.clock() + this.#owner.timeouts.bodyTimeoutMs
  }

  #fail(error: RoundtripError, resetCode: number): void {
    if (this.#isOver) return
    this.#settle(error.code === 'UPSTREAM_TIMEOUT')
    this.#stream.close(resetCode)
    this.#exchange.fail(upstreamError(error, { member: this.#owner.member, sent: true }))
  }

  #endUpload(): void {
    if (this.#upload === undefined) return
    this.#upload.stop()
    this.#upload = undefined
    this.#owner.uploadEnded()
  }

  #settle(hasTimedOut: boolean): void {
    this.#isOver = true
    this.#endUpload()
    this.#owner.finished(this, hasTimedOut)
    // What still arrives must not stay in the way of other streams.
    this.#stream.resume()
  }
}
