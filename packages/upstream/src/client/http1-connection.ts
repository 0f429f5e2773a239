/** One kept connection to a next hop (RFC 9112 §9): one request at a time, each response read to its exact end. */
import type { Socket } from 'node:net'
import { RoundtripError } from '@roundtrip/errors'
import type { Fields } from '@roundtrip/http'
import { upstreamError, type Progress } from '../upstream-error.ts'
import type { Dialer, DialEvents, Preamble } from './dial.ts'
import type { Carrier, Exchange } from './exchange.ts'
import { announcedBytes } from './forwarded-request.ts'
import { Http1Response, responseReader, type ResponseEvents } from './http1-response.ts'
import { reusableMs } from './keep-alive.ts'
import { copyOf } from './lent-memory.ts'
import { ResponseBody, type BodySource } from './response-body.ts'
import type { TransportTimeouts } from './transport.ts'
import { Upload, type UploadEvents } from './upload.ts'

/** The pool, as its connections see it. */
export interface ConnectionOwner {
  readonly member: string
  readonly timeouts: TransportTimeouts
  /** How long a connection is kept without work, unless the next hop keeps it shorter. */
  readonly idleTimeoutMs: number
  readonly clock: () => number
  /** Whether each connection carries one exchange only. */
  readonly closesAfterEach: boolean
  /** Can take an exchange: just made, or done with one. */
  ready(connection: Http1Connection): void
  /** The content of the request that it was given is sent, or will not be. */
  uploadEnded(): void
  /** Gone; with the reason when it was never ready. */
  gone(connection: Http1Connection, failure: RoundtripError | undefined): void
}

/** Announced content that is still read when nobody wants it any more: less work than a new connection. */
const worthReadingBytes = 16 * 1024

const unasked = (): RoundtripError =>
  new RoundtripError('UPSTREAM_INVALID', 'The next hop answered a request that it has not got yet.')

const closedEarly = (): RoundtripError => new RoundtripError('UPSTREAM_RESET')

export class Http1Connection implements Carrier, BodySource, DialEvents, ResponseEvents, UploadEvents {
  /** The one it was made for, where connections are not shared. */
  readonly madeFor: Exchange | undefined
  readonly #owner: ConnectionOwner
  readonly #destroySocket: () => void
  readonly #reader = responseReader()
  #socket: Socket | undefined
  #exchange: Exchange | undefined
  #response: Http1Response | undefined
  #upload: Upload | undefined
  /** Whether it has, or is made for, a request whose content is not all sent. */
  #isUploading: boolean
  #isPaused = false
  #isBorrowed = false
  #isGone = false
  #deadlineMs: number
  #exchanges = 0
  /** Octets that the connection has carried when the head of a request with content is out. */
  #headEndsAt = 0

  constructor(owner: ConnectionOwner, dialer: Dialer, preamble?: Preamble, madeFor?: Exchange) {
    this.#owner = owner
    this.madeFor = madeFor
    this.#isUploading = madeFor?.request.body !== undefined
    this.#deadlineMs = owner.clock() + owner.timeouts.connectTimeoutMs
    this.#destroySocket = dialer.dial(this, preamble)
  }

  /** Whether it has carried nothing yet. */
  get isNew(): boolean {
    return this.#exchanges === 0
  }

  /** Whether it may still be used, however long ago anybody looked. Only of one that is idle. */
  isFresh(nowMs: number): boolean {
    return nowMs < this.#deadlineMs
  }

  /** Sends the request of an exchange. Only when there is none yet. */
  begin(exchange: Exchange): void {
    const socket = this.#socket as Socket
    const { request, head } = exchange
    this.#exchanges++
    this.#exchange = exchange
    this.#response = new Http1Response(request.method, this, this.#reader)
    exchange.carrier = this
    socket.write(head, 'latin1')
    if (request.body === undefined) {
      this.#deadlineMs = this.#owner.clock() + exchange.firstByteTimeoutMs
      return
    }
    // As long as the client is sending, it is the client who is waited for.
    this.#deadlineMs = Infinity
    this.#isUploading = true
    this.#headEndsAt = socket.bytesWritten
    const lengthBytes = announcedBytes(request.fields)
    const { retained } = exchange.options
    this.#upload = new Upload(
      socket,
      { body: request.body, lengthBytes, isChunked: lengthBytes === undefined, retained },
      this,
    )
    this.#upload.start()
  }

  /** Acts on what is overdue. */
  sweep(nowMs: number): void {
    if (nowMs >= Math.min(this.#deadlineMs, this.#exchange?.totalDeadlineMs ?? Infinity)) {
      this.#fail(new RoundtripError(this.#socket === undefined ? 'CONNECT_TIMEOUT' : 'UPSTREAM_TIMEOUT'))
    }
  }

  destroy(): void {
    this.#fail(new RoundtripError('UPSTREAM_RESET', 'The connection to the next hop was closed on this side.'))
  }

  callOff(exchange: Exchange, error: RoundtripError): void {
    if (exchange !== this.#exchange) return
    const left = this.#response?.left ?? Infinity
    if (left > worthReadingBytes || this.#isUploading) return this.#fail(error)
    this.#exchange = undefined
    exchange.fail(error)
    this.resumeBody()
  }

  pauseBody(): void {
    this.#isPaused = true
    this.#deadlineMs = Infinity
  }

  resumeBody(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#awaitContent()
    this.#socket?.resume()
  }

  abandonBody(reason: Error | null): void {
    const exchange = this.#exchange
    if (exchange === undefined) return
    this.callOff(exchange, reason instanceof RoundtripError ? reason : new RoundtripError('CLIENT_CLOSED_REQUEST'))
  }

  connected(socket: Socket): void {
    this.#socket = socket
    this.#deadlineMs = this.#owner.clock() + this.#owner.idleTimeoutMs
    if (!this.#isGone) this.#owner.ready(this)
  }

  received(octets: Buffer, isBorrowed: boolean): boolean {
    const response = this.#response
    // Nobody asked: whatever it is, it must not be taken for the answer to the next request.
    if (response === undefined) {
      this.destroy()
      return false
    }
    this.#isBorrowed = isBorrowed
    try {
      if (!response.hasBegun && !this.#isHeadOut()) throw unasked()
      const rest = response.read(octets)
      if (response.isOver) this.#release(response, rest)
    } catch (error) {
      this.#fail(error as RoundtripError)
    }
    return !this.#isPaused
  }

  hungUp(): void {
    const response = this.#response
    if (response?.close() === true) this.#release(response, 0)
    else this.#fail(closedEarly())
  }

  closed(error: Error | undefined): void {
    this.#fail(error ?? closedEarly())
  }

  informed(status: number, fields: Fields): void {
    this.#exchange?.options.context.inform?.(status, fields)
  }

  answered(status: number, fields: Fields, content: Uint8Array | undefined): void {
    const body = content === undefined ? undefined : this.#owned(content)
    this.#exchange?.respond({ status, fields, body })
    this.finished()
  }

  begun(status: number, fields: Fields): void {
    const exchange = this.#exchange
    if (exchange === undefined) return
    exchange.body = new ResponseBody(this)
    // Nobody who refuses a request wants the rest of it (RFC 9112 §9.5); who answers it may do so while still reading.
    if (this.#isUploading && status >= 300) this.#upload?.stop()
    this.#awaitContent()
    exchange.respond({ status, fields, body: exchange.body })
  }

  content(octets: Uint8Array): void {
    const body = this.#exchange?.body
    this.#awaitContent()
    body?.receive(this.#owned(octets))
  }

  finished(): void {
    this.#exchange?.complete()
    this.#exchange = undefined
  }

  uploaded(): void {
    this.#endUpload()
    const exchange = this.#exchange
    if (exchange === undefined) return
    if (exchange.body === undefined) this.#deadlineMs = this.#owner.clock() + exchange.firstByteTimeoutMs
    else if (!this.#isPaused) this.#awaitContent()
  }

  uploadFailed(error: RoundtripError): void {
    this.#fail(error)
  }

  uploadStalled(isStalled: boolean): void {
    this.#deadlineMs = isStalled ? this.#owner.clock() + this.#owner.timeouts.bodyTimeoutMs : Infinity
  }

  /** Whether the kernel has all of the request's head: before that, no answer can be its answer. */
  #isHeadOut(): boolean {
    const { writableLength, bytesWritten } = this.#socket as Socket
    if (writableLength === 0) return true
    return this.#upload !== undefined && bytesWritten - writableLength >= this.#headEndsAt
  }

  #endUpload(): void {
    if (!this.#isUploading) return
    this.#isUploading = false
    this.#owner.uploadEnded()
  }

  #awaitContent(): void {
    this.#deadlineMs = this.#isUploading ? Infinity : this.#owner.clock() + this.#owner.timeouts.bodyTimeoutMs
  }

  #owned(octets: Uint8Array): Uint8Array {
    return this.#isBorrowed ? copyOf(octets) : octets
  }

  /** The response has been read to its end: whatever stands behind it was not asked for. */
  #release(response: Http1Response, excessBytes: number): void {
    this.#response = undefined
    const keptMs = reusableMs(this.#owner.idleTimeoutMs, response.promisedIdleMs)
    const isReusable = response.isPersistent && excessBytes === 0 && !this.#isUploading && !this.#owner.closesAfterEach
    if (!isReusable || keptMs === 0) return this.destroy()
    this.#upload = undefined
    this.#deadlineMs = this.#owner.clock() + keptMs
    if (this.#isPaused) {
      // Also an idle connection is read from, to learn of its end.
      this.#isPaused = false
      this.#socket?.resume()
    }
    this.#owner.ready(this)
  }

  #fail(cause: Error): void {
    if (this.#isGone) return
    this.#isGone = true
    const exchange = this.#exchange
    const error = upstreamError(cause, this.#progress())
    this.#exchange = undefined
    this.#response = undefined
    this.#upload?.stop()
    this.#endUpload()
    this.#destroySocket()
    this.#owner.gone(this, this.#socket === undefined ? error : undefined)
    exchange?.fail(error)
  }

  #progress(): Progress {
    const { member } = this.#owner
    if (this.#socket === undefined) return { member, sent: false }
    const isUnanswered = this.#exchange !== undefined && this.#response?.hasBegun === false
    return { member, sent: true, reused: isUnanswered && this.#exchanges > 1 }
  }
}
