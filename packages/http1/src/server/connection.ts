/** The server side of one HTTP/1.1 connection (RFC 9112 §9): requests one after the other, answered in order. */
import type { Socket } from 'node:net'
import { RoundtripError, toRoundtripError } from '@roundtrip/errors'
import {
  RequestContext,
  problemResponse,
  type Downstream,
  type Fields,
  type HttpResponse,
  type Informer,
  type Occupancy,
  type ServerConnection,
} from '@roundtrip/http'
import { HeadReader } from '../head-reader.ts'
import { parseRequestHead, type RequestHead } from '../parse-request.ts'
import { Activity } from './activity.ts'
import { judge, type Phase } from './deadlines.ts'
import { awaitsContinue, isBodyDue, lose, loseRefused, newExchange, type Exchange } from './exchange.ts'
import { ReadAhead } from './read-ahead.ts'
import { readIntoShared } from './read-into-shared.ts'
import { logRefusal, refusalResponse } from './refusal.ts'
import { hasContent, RequestBody } from './request-body.ts'
import { discard, Responder } from './responder.ts'
import type { ServerState } from './server-state.ts'
import type { Swept } from './sweep.ts'
import { Turn } from './turn.ts'

export class Http1Connection implements ServerConnection, Swept, Informer {
  readonly protocol = 'http/1.1'
  readonly since = Date.now()
  readonly closed: Promise<void>
  requests = 0
  occupancy: Occupancy | undefined = undefined
  readonly #socket: Socket
  readonly #downstream: Downstream
  readonly #state: ServerState
  readonly #reader: HeadReader<RequestHead>
  readonly #responder: Responder
  readonly #turn: Turn
  readonly #activity: Activity
  #phase: Phase = 'head'
  #phaseSinceMs: number
  #exchange: Exchange | undefined
  readonly #ahead: ReadAhead
  readonly #isShared: boolean
  #ending: 'no' | 'after-next' | 'now' = 'no'

  constructor(socket: Socket, downstream: Downstream, state: ServerState) {
    this.#socket = socket
    this.#downstream = downstream
    this.#state = state
    this.#reader = new HeadReader('request', parseRequestHead, state.limits)
    this.#responder = new Responder(socket, this, state.limits.maxDrainBytes)
    this.#turn = new Turn(state.options, state.cohort, { answered: this.#answered, failed: this.#failed })
    this.#activity = new Activity(socket)
    this.#ahead = new ReadAhead(state.limits.maxPipelinedBytes)
    state.acceptedConnections++
    state.sweep.add(this)
    this.#phaseSinceMs = state.sweep.nowMs
    socket.setNoDelay(true)
    this.#isShared = readIntoShared(socket, this.receive)
    socket.once('end', () => this.#clientEnded())
    socket.on('drain', () => this.#takeAhead())
    socket.on('error', (error) => {
      state.options.log.debug({ error, client: downstream.address }, 'connection broken off')
    })
    socket.once('close', () => this.#lost())
    this.closed = new Promise((resolve) => void socket.once('close', resolve))
  }

  get address(): string {
    return this.#downstream.address
  }

  get inFlight(): number {
    return this.#responder.unflushed + (this.#phase === 'busy' ? 1 : 0)
  }

  retire(): void {
    if (this.#ending === 'no') this.#ending = 'after-next'
    // A head that has left has promised to go on.
    if (this.#exchange?.isAnswered === false) this.#exchange.isLast = true
  }

  drain(): void {
    this.#ending = 'now'
    if (this.#exchange !== undefined) this.#exchange.isLast = true
    if (this.#phase === 'rest' || (this.#phase === 'head' && !this.#reader.isPartial)) this.#close()
  }

  destroy(): void {
    this.#breakOff()
  }

  /** Takes what arrived on the socket. */
  readonly receive = (octets: Buffer): void => {
    if (this.#phase === 'busy' || this.#phase === 'rest') this.#readBeyondHead(this.#owned(octets, 0), 0)
    else if (this.#phase === 'head') {
      // A client that does not read its answers gets no more of them.
      if (!this.#ahead.isEmpty || this.#socket.writableNeedDrain) this.#holdAhead(this.#owned(octets, 0), 0)
      else this.#readHead(octets)
    }
  }

  /** Content and what was sent ahead outlive the read; a head does not, once it is text. */
  #owned(octets: Buffer, offset: number): Buffer {
    return this.#isShared ? Buffer.from(octets.subarray(offset)) : octets.subarray(offset)
  }

  #readHead(octets: Buffer): void {
    const wasPartial = this.#reader.isPartial
    let head: RequestHead | undefined
    try {
      head = this.#reader.push(octets)
      if (head?.scheme !== undefined && head.scheme !== this.#state.options.scheme) {
        throw new RoundtripError('MISDIRECTED_REQUEST', 'This connection does not carry that scheme.')
      }
    } catch (error) {
      this.#refuse(toRoundtripError(error))
      return
    }
    if (head !== undefined) this.#begin(head, octets)
    else if (!wasPartial) this.#phaseSinceMs = this.#state.sweep.exactMs()
  }

  #begin(head: RequestHead, octets: Buffer): void {
    const { options, limits } = this.#state
    const { next } = this.#reader
    const exchange = newExchange(
      head,
      new RequestContext(head.fields, this.#downstream, options),
      hasContent(head) ? new RequestBody(head, () => this.#bodyWanted()) : undefined,
      this.#ending !== 'no' || !head.isPersistent || this.requests + 1 === limits.maxRequestsPerConnection,
    )
    this.requests++
    this.#state.requests++
    exchange.context.informer = this
    this.#exchange = exchange
    this.#enter('busy')
    // What came with the head is looked at first: a body that is malformed at its beginning never has a handler.
    if (next < octets.length) this.#readBeyondHead(this.#owned(octets, next), 0)
    if (this.#exchange === exchange) this.#turn.take(exchange, this.#ahead.isEmpty)
  }

  /** A connection never goes on to another request before this answer: it is for the exchange in hand, or for none. */
  readonly #answered = (response: HttpResponse): void => {
    const exchange = this.#exchange
    // Meanwhile the client left or was refused.
    if (exchange === undefined) {
      discard(response.body)
      return
    }
    if (!this.#ahead.isEmpty) this.#responder.gather()
    try {
      this.#responder.answer(exchange, response)
    } catch (error) {
      discard(response.body)
      this.#failed(error)
    }
  }

  /** A handler that failed, or whose response cannot be sent. */
  readonly #failed = (thrown: unknown): void => {
    const exchange = this.#exchange
    if (exchange === undefined) return
    const { requestId } = exchange.context
    const error = toRoundtripError(thrown)
    this.#state.options.log.error({ error, requestId }, 'response could not be written')
    if (exchange.isAnswered) {
      this.#breakOff()
      return
    }
    exchange.isLast = true
    const response = problemResponse(error, requestId)
    response.fields.set('x-request-id', requestId)
    this.#responder.answer(exchange, response)
  }

  /** For contexts: an interim response. */
  inform(context: RequestContext, status: number, fields: Fields): void {
    if (this.#exchange?.context === context) this.#responder.inform(this.#exchange, status, fields)
  }

  /** For the responder. An answered request needs no more of its content, but the next one stands behind it. */
  handedOver(exchange: Exchange): void {
    const { body } = exchange
    if (exchange.isLast) this.#close()
    else if (body === undefined || body.isComplete) this.#awaitNext()
    else {
      exchange.restFromBytes = body.receivedBytes
      this.#enter('rest')
      body.resume()
      this.#socket.resume()
    }
  }

  /** For the responder: what was handed over has left. */
  flushed(): void {
    if (this.inFlight === 0) this.occupancy?.idle()
  }

  /** For the responder: the response must not look whole. */
  truncated(exchange: Exchange): void {
    exchange.isTruncated = true
    this.#breakOff()
  }

  /** The rest of the request in hand, and what the client sent ahead behind it. */
  #readBeyondHead(octets: Buffer, offset: number): void {
    const exchange = this.#exchange
    const body = exchange?.body
    if (exchange === undefined || body === undefined || body.isComplete) {
      this.#holdAhead(octets, offset)
      return
    }
    try {
      body.feed(octets, offset)
    } catch (error) {
      this.#refuse(toRoundtripError(error))
      return
    }
    const isRest = this.#phase === 'rest'
    if (!body.isComplete) {
      if (isRest && body.receivedBytes - exchange.restFromBytes > this.#state.limits.maxDrainBytes) this.#close()
      else if (body.isFull) this.#socket.pause()
      return
    }
    if (body.next < octets.length) this.#holdAhead(octets, body.next)
    if (isRest) this.#awaitNext()
  }

  #holdAhead(octets: Buffer, offset: number): void {
    this.#ahead.add(octets.subarray(offset))
    if (this.#ahead.isFull) this.#socket.pause()
  }

  /** What was sent ahead is read once its turn has come, and no sooner than the answers before it can leave. */
  #takeAhead(): void {
    if (this.#phase !== 'head' || this.#ahead.isEmpty || this.#socket.writableNeedDrain) return
    const octets = this.#ahead.take()
    this.#socket.resume()
    this.#readHead(octets)
  }

  #bodyWanted(): void {
    const exchange = this.#exchange
    if (exchange === undefined) return
    if (awaitsContinue(exchange) && !exchange.isAnswered) {
      exchange.isContinued = true
      this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1')
    }
    if (!this.#ahead.isFull) this.#socket.resume()
  }

  #awaitNext(): void {
    this.#exchange = undefined
    if (this.#ending === 'now') {
      this.#close()
      return
    }
    this.#enter('head')
    if (!this.#ahead.isEmpty) this.#takeAhead()
    else if (this.#socket.isPaused()) this.#socket.resume()
  }

  #enter(phase: Phase): void {
    this.#phase = phase
    if (phase === 'busy') this.occupancy?.busy()
    else this.flushed()
    this.#phaseSinceMs = this.#state.sweep.nowMs
  }

  /** Answers what cannot be read, when no answer has begun to leave, and ends the connection. */
  #refuse(error: RoundtripError): void {
    const { options } = this.#state
    const exchange = this.#exchange
    this.#state.noteRefusal(error)
    const requestId = logRefusal(options.log, error, this.address, exchange)
    if (exchange?.isAnswered === true) return this.#phase === 'rest' ? this.#close() : this.#breakOff()
    const bodyBytes = this.#responder.refuse(refusalResponse(error, requestId, options.allow))
    if (exchange !== undefined) loseRefused(exchange, error, bodyBytes)
    this.#close()
  }

  /**
   * Says that nothing more will come, and goes on reading for a while to throw it away: closing while the client still
   * sends would make its kernel drop our answer unread (RFC 9112 §9.6).
   */
  #close(): void {
    const body = this.#exchange?.body
    if (body?.isComplete === false) body.destroy(new RoundtripError('CLIENT_CLOSED_REQUEST'))
    this.#exchange = undefined
    this.#turn.skip()
    this.#ahead.clear()
    this.#enter('closing')
    this.#phaseSinceMs = this.#state.sweep.exactMs()
    this.#socket.end()
    this.#socket.resume()
  }

  /** A client that ends its side of the connection while somebody works for it has gone, as far as anybody can tell. */
  #clientEnded(): void {
    this.#turn.hurry()
    if (this.#phase === 'head' || this.#phase === 'rest') this.#close()
    else if (this.#phase === 'busy') {
      if (this.#exchange?.sending?.isAtHand === true) this.#exchange.isLast = true
      else this.#breakOff()
    }
  }

  /** A body that only the end of the connection ends must not end like one that is whole. */
  #breakOff(): void {
    const isHalfSent = this.#exchange?.sending !== undefined && this.#exchange.head.version === '1.0'
    if (isHalfSent && !('encrypted' in this.#socket)) this.#socket.resetAndDestroy()
    else this.#socket.destroy()
  }

  #lost(): void {
    const exchange = this.#exchange
    this.#phase = 'closed'
    this.#exchange = undefined
    this.#ahead.clear()
    this.#state.sweep.delete(this)
    this.#responder.lost()
    if (exchange !== undefined) lose(exchange, new RoundtripError('CLIENT_CLOSED_REQUEST'))
  }

  /** Looks whether the client keeps us waiting too long, for whatever it is. */
  sweep(nowMs: number, sinceLastMs: number): void {
    const exchange = this.#exchange
    this.#activity.sample(sinceLastMs)
    if (exchange !== undefined && isBodyDue(exchange)) exchange.bodyWaitedMs += sinceLastMs
    const verdict = judge(
      {
        phase: this.#phase,
        isHeadPartial: this.#reader.isPartial,
        inPhaseMs: nowMs - this.#phaseSinceMs,
        silentMs: this.#activity.silentMs,
        writeStalledMs: this.#activity.writeStalledMs,
        bodyWaitedMs: exchange?.bodyWaitedMs ?? 0,
        bodyBytes: exchange?.body?.receivedBytes ?? 0,
      },
      this.#state.limits,
    )
    if (verdict === 'refuse') this.#refuse(new RoundtripError('REQUEST_TIMEOUT'))
    else if (verdict === 'close') this.#close()
    else if (verdict === 'break-off') {
      if (this.#phase !== 'closing') this.#state.stalled++
      this.#breakOff()
    }
  }
}
