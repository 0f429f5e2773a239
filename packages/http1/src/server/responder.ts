/** The writing half of a connection: one response after the other, each settled when the kernel has its last octet. */
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { Fields, HttpResponse } from '@roundtrip/http'
import { isRestWorthReading, type Exchange } from './exchange.ts'
import { writePromptly } from './prompt-writes.ts'
import { frameResponse, serializeHead, serializeInterim, textOf } from './response-head.ts'
import { BytesSending, isSmall, sendWhole, StreamSending } from './send-body.ts'

const closeLine = 'connection: close\r\n'
/** HTTP/1.0 has to be told; in HTTP/1.1 it goes without saying. */
const keepAliveLine = 'connection: keep-alive\r\n'

type Flushed = (error?: Error | null) => void

/** What becomes of a response on its way. */
export interface ResponderEvents {
  /** Its last octet was handed to the socket. */
  handedOver(exchange: Exchange): void
  /** One that was handed over has left. */
  flushed(): void
  /** Its body failed after the head had left. */
  truncated(exchange: Exchange): void
}

export class Responder {
  readonly #socket: Socket
  readonly #events: ResponderEvents
  readonly #maxDrainBytes: number
  readonly #unflushed: Exchange[] = []
  /** Whether writes as a rule are done when they return. */
  readonly #isPrompt: boolean
  #isCorked = false

  constructor(socket: Socket, events: ResponderEvents, maxDrainBytes: number) {
    this.#socket = socket
    this.#isPrompt = !('encrypted' in socket) || writePromptly(socket)
    this.#events = events
    this.#maxDrainBytes = maxDrainBytes
  }

  /** Responses that were handed over and have not left. */
  get unflushed(): number {
    return this.#unflushed.length
  }

  /** Requests wait already, and their answers may come at once: they leave together at the end of this turn. */
  gather(): void {
    if (this.#isCorked) return
    this.#isCorked = true
    this.#socket.cork()
    process.nextTick(() => {
      this.#isCorked = false
      this.#socket.uncork()
    })
  }

  /** An interim response; HTTP/1.0 does not know such. @throws RoundtripError `INTERNAL` when a field cannot be sent */
  inform({ head, isAnswered }: Exchange, status: number, fields: Fields): void {
    if (!isAnswered && head.version === '1.1') this.#socket.write(serializeInterim(status, fields), 'latin1')
  }

  /** @throws RoundtripError `INTERNAL` when the response cannot be sent; nothing of it has been then */
  answer(exchange: Exchange, response: HttpResponse): void {
    const { head } = exchange
    const framing = frameResponse(head, response)
    exchange.isLast ||=
      framing.endsWithConnection ||
      response.fields.get('connection')?.toLowerCase() === 'close' ||
      !isRestWorthReading(exchange, this.#maxDrainBytes)
    const connection = exchange.isLast ? closeLine : head.version === '1.0' ? keepAliveLine : ''
    const serialized = serializeHead(response, framing, connection)
    const { body } = framing
    exchange.isAnswered = true
    if (body === undefined) {
      if (response.body instanceof Readable) discard(response.body)
      const flushed = this.#callback()
      this.#socket.write(textOf(serialized), 'latin1', flushed)
      this.#handedOverWhole(exchange, 0, flushed)
    } else if (body instanceof Readable) {
      const sending = new StreamSending(this.#socket, body, framing, this.#flushed, (isWhole) => {
        if (isWhole) this.#handedOver(exchange, sending.bodyBytes)
        else this.#events.truncated(exchange)
      })
      exchange.sending = sending
      sending.start(textOf(serialized))
    } else if (isSmall(body)) {
      const flushed = this.#callback()
      this.#handedOverWhole(exchange, sendWhole(this.#socket, serialized, body, flushed), flushed)
    } else {
      const sending = new BytesSending(this.#socket, body, this.#flushed, () =>
        this.#handedOver(exchange, sending.bodyBytes),
      )
      exchange.sending = sending
      sending.start(textOf(serialized))
    }
  }

  /** A response to nobody's request: what arrived could not be read. @returns content octets */
  refuse(response: HttpResponse): number {
    const framing = frameResponse({ method: 'GET', version: '1.1' }, response)
    const head = serializeHead(response, framing, closeLine)
    return typeof response.body === 'string' ? sendWhole(this.#socket, head, response.body) : 0
  }

  /** The connection is gone, and with it whatever had not left. */
  lost(): void {
    for (const { context, sentBytes } of this.#unflushed.splice(0)) {
      context.abandon()
      context.settle({ outcome: 'aborted', bodyBytes: sentBytes })
    }
  }

  /**
   * What the last write of a whole response calls. Most writes are done when they return, and to be called back would take
   * a turn of its own.
   */
  #callback(): Flushed | undefined {
    return !this.#isPrompt || this.#isCorked || this.#unflushed.length > 0 ? this.#flushed : undefined
  }

  #handedOverWhole(exchange: Exchange, bodyBytes: number, flushed: Flushed | undefined): void {
    const socket = this.#socket
    if (flushed === undefined && socket.writableLength === 0 && socket.errored === null && !socket.destroyed) {
      exchange.context.settle({ outcome: 'complete', bodyBytes })
      this.#events.handedOver(exchange)
      return
    }
    if (flushed === undefined) socket.write('', 'latin1', this.#flushed)
    this.#handedOver(exchange, bodyBytes)
  }

  #handedOver(exchange: Exchange, bodyBytes: number): void {
    exchange.sentBytes = bodyBytes
    this.#unflushed.push(exchange)
    this.#events.handedOver(exchange)
  }

  /** Passed with the last write of every response: writes complete in order, so the first that waits is meant. */
  readonly #flushed = (error?: Error | null): void => {
    // `close` follows and settles what is left.
    if (error !== undefined && error !== null) return
    const first = this.#unflushed.shift()
    first?.context.settle({ outcome: 'complete', bodyBytes: first.sentBytes })
    this.#events.flushed()
  }
}

/** A stream that nobody reads any more may still fail; that must not bring the process down. */
export const discard = (body: HttpResponse['body']): void => {
  if (body instanceof Readable) body.on('error', () => undefined).destroy()
}
