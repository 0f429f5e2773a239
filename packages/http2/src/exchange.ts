/** Requests in, responses out: what the frames of streams come to on the server side (RFC 9113 §8). */
import { RoundtripError, toRoundtripError } from '@roundtrip/errors'
import {
  Fields,
  problemResponse,
  RequestContext,
  type Downstream,
  type HttpResponse,
  type Informer,
} from '@roundtrip/http'
import { isPending, later } from '@roundtrip/pipeline'
import { ContentReceiver } from './content-receiver.ts'
import type { FieldBlock } from './field-block.ts'
import type { FloodGuard } from './flood-guard.ts'
import { writeReset } from './frame-writer.ts'
import { HpackDecoder, type DecodedBlock } from './hpack/decoder.ts'
import { HpackError } from './hpack/hpack-error.ts'
import type { Output } from './output.ts'
import type { PeerSettings } from './peer-settings.ts'
import { ConnectionError, StreamError, type ErrorCodeName } from './protocol-error.ts'
import { RequestHead, requestTarget, type RequestPlace } from './request-head.ts'
import { discard, Responder } from './responder.ts'
import { SendQueue } from './send-queue.ts'
import type { ServerState } from './server-state.ts'
import { ServerStream, type Broken } from './server-stream.ts'
import { Streams } from './streams.ts'
import { defaultWindowBytes } from './frame-types.ts'

/** What the exchanges of a connection share. */
export interface ExchangeContext {
  readonly server: ServerState
  readonly downstream: Downstream
  readonly output: Output
  readonly guard: FloodGuard
  readonly peer: PeerSettings
  /** A request has come to its end. */
  readonly onSettled: () => void
}

export class Exchange implements Informer {
  readonly streams = new Streams()
  readonly queue: SendQueue
  readonly #shared: ExchangeContext
  readonly #decoder: HpackDecoder
  readonly #responder: Responder
  readonly #content: ContentReceiver

  constructor(shared: ExchangeContext) {
    const { output } = shared
    const { limits } = shared.server
    this.#shared = shared
    this.#decoder = new HpackDecoder({
      tableBytes: limits.headerTableBytes,
      listBytes: limits.headerListBytes,
      lines: limits.headerFields,
    })
    this.queue = new SendQueue(output, defaultWindowBytes, {
      onSent: (bytes) => shared.guard.allowWindowUpdates(bytes),
      onFinished: this.#finish,
    })
    this.#responder = new Responder(output, this.queue, shared.peer, {
      onFinished: this.#finish,
      onBroken: (stream) => this.reset(stream, 'INTERNAL_ERROR', 'truncated'),
    })
    this.#content = new ContentReceiver(output, limits)
  }

  /** Octets of the HPACK table that the client has us keep. */
  get tableBytes(): number {
    return this.#decoder.tableBytes
  }

  onFieldBlock(block: FieldBlock): void {
    const { streamId: id } = block
    const { streams } = this
    // Decoded whatever becomes of it: the table must stay in step with the client's.
    const decoded = this.#decode(block)
    const known = streams.open.get(id)
    if (known !== undefined) this.#content.takeTrailers(known, block, decoded)
    else if (id % 2 === 0) throw new ConnectionError('PROTOCOL_ERROR', 'a stream of a server’s number')
    else if (id > streams.lastId) this.#open(block, decoded)
    else if (!streams.isRefused(id)) throw new ConnectionError('STREAM_CLOSED', 'HEADERS on a closed stream')
  }

  onData(id: number, content: Buffer, flowBytes: number, endsStream: boolean): void {
    if (this.streams.isIdle(id)) throw new ConnectionError('PROTOCOL_ERROR', 'DATA on an idle stream')
    const stream = this.streams.open.get(id)
    if (this.#content.receive(stream, content, flowBytes, endsStream)) return
    if (stream !== undefined) throw new StreamError(id, 'STREAM_CLOSED', 'DATA after the end of the stream')
    if (!this.streams.isRefused(id)) throw new ConnectionError('STREAM_CLOSED', 'DATA on a closed stream')
  }

  onReset(id: number): void {
    if (this.streams.isIdle(id)) throw new ConnectionError('PROTOCOL_ERROR', 'RST_STREAM on an idle stream')
    this.#shared.server.resetsReceived += 1
    const stream = this.streams.open.get(id)
    if (stream !== undefined) this.#close(stream, 'aborted')
  }

  /** Ends a stream before its time, and tells the client. */
  reset(stream: ServerStream, code: ErrorCodeName, outcome: 'aborted' | 'truncated'): void {
    if (stream.isClosed) return
    this.#writeReset(stream.id, code)
    this.#close(stream, outcome)
  }

  /**
   * What a client did against the protocol is no departure of it: readers and the log are told what it was. Resets that
   * a client provokes cost us what its own do (CVE-2025-8671), so they count as such.
   */
  onStreamError(error: StreamError): void {
    const { guard, server, downstream } = this.#shared
    server.options.log.debug(
      { client: downstream.address, code: error.code, detail: error.message },
      'a stream was reset',
    )
    guard.count('reset')
    this.#writeReset(error.streamId, error.code)
    const stream = this.streams.open.get(error.streamId)
    if (stream !== undefined) this.#close(stream, 'refused', new RoundtripError('BAD_REQUEST', error.message))
  }

  #writeReset(id: number, code: ErrorCodeName): void {
    const { output, server } = this.#shared
    writeReset(output, id, code)
    server.resetsSent.add(code)
    this.streams.noteReset(id)
  }

  /** Lets go of a stream whose end is not a response. */
  #close(stream: ServerStream, outcome: Broken, refusal?: RoundtripError): void {
    this.streams.remove(stream)
    stream.settle(outcome, refusal)
    stream.pending = undefined
    discard(stream.source)
    stream.body?.destroy(refusal ?? new RoundtripError('CLIENT_CLOSED_REQUEST'))
  }

  /** For contexts: an interim response, which few requests see, so that nothing is kept for it. */
  inform(context: RequestContext, status: number, fields: Fields): void {
    for (const stream of this.streams.open) {
      if (stream.context === context) this.#responder.inform(stream, status, fields)
    }
  }

  closeAll(): void {
    for (const stream of this.streams.open) this.#close(stream, 'aborted')
  }

  #decode({ source, start, end }: FieldBlock): DecodedBlock {
    try {
      return this.#decoder.decode(source, start, end)
    } catch (error) {
      if (error instanceof HpackError) throw new ConnectionError('COMPRESSION_ERROR', error.message)
      throw error
    }
  }

  #open(block: FieldBlock, decoded: DecodedBlock): void {
    const { streamId: id } = block
    const { streams } = this
    const { server, peer, downstream } = this.#shared
    streams.lastId = id
    server.streams += 1
    if (!streams.isTaken(id)) return
    if (block.dependsOnItself) throw new StreamError(id, 'PROTOCOL_ERROR', 'a stream depends on itself')
    if (streams.busy >= server.limits.concurrentStreams) throw new StreamError(id, 'REFUSED_STREAM', 'too many streams')
    const head = new RequestHead(decoded)
    if (!decoded.isTooLarge) this.#checkHead(block, head)
    const context = new RequestContext(head.fields, downstream, server.options)
    const stream = new ServerStream(
      id,
      head.method,
      block.endsStream,
      peer.initialWindowBytes,
      context,
      this.#onSettled,
    )
    context.informer = this
    streams.add(stream)
    server.requests += 1
    if (!block.endsStream) this.#content.expect(stream, head.contentLength, () => this.#askToGoOn(stream, head))
    this.#handle(stream, head, decoded.isTooLarge)
  }

  #checkHead({ streamId, endsStream }: FieldBlock, head: RequestHead): void {
    const malformed =
      head.malformed ??
      (endsStream && (head.contentLength ?? 0) > 0 ? 'content announced that does not come' : undefined)
    if (malformed !== undefined) throw new StreamError(streamId, 'PROTOCOL_ERROR', malformed)
  }

  /** The client waits to be asked for the content, which somebody wants to read now (RFC 9110 §10.1.1). */
  #askToGoOn(stream: ServerStream, { expectation }: RequestHead): void {
    if (expectation !== undefined && !stream.isRemoteEnded) this.#responder.inform(stream, 100, Fields.of())
  }

  #handle(stream: ServerStream, head: RequestHead, isTooLarge: boolean): void {
    let place: RequestPlace
    try {
      if (isTooLarge) throw new RoundtripError('HEADERS_TOO_LARGE')
      place = requestTarget(head, this.#shared.server.options.scheme)
    } catch (error) {
      this.#refuse(stream, toRoundtripError(error))
      return
    }
    try {
      this.#call(stream, head, place)
    } catch (error) {
      this.#fail(stream, error)
    }
  }

  #call(stream: ServerStream, { method, fields }: RequestHead, { target, authority }: RequestPlace): void {
    const { handler, scheme } = this.#shared.server.options
    const { body, context } = stream
    const answer = handler({ method, target, scheme, authority, fields, body, httpVersion: '2' }, context)
    if (isPending(answer)) later(answer).after(this.#answered, this.#failed, stream, undefined)
    else this.#respond(stream, answer)
  }

  readonly #answered = (response: HttpResponse, stream: ServerStream): void => this.#respond(stream, response)

  readonly #failed = (error: unknown, stream: ServerStream): void => this.#fail(stream, error)

  /** What cannot be read never becomes a request, so no pipeline sees it: it is answered and logged here. */
  #refuse(stream: ServerStream, error: RoundtripError): void {
    const { requestId, trace, downstream, log } = stream.context
    this.#shared.server.refused.add(error.code)
    const facts = {
      requestId,
      traceId: trace.traceId,
      client: downstream.address,
      status: error.status,
      code: error.code,
    }
    log.info(facts, `malformed request refused: ${error.message}`)
    const response = problemResponse(error, requestId)
    response.fields.set('x-request-id', requestId)
    this.#respond(stream, response)
  }

  #respond(stream: ServerStream, response: HttpResponse): void {
    this.streams.noteHandled(stream)
    try {
      this.#responder.respond(stream, response)
    } catch (error) {
      discard(response.body)
      this.#fail(stream, error)
    }
  }

  #fail(stream: ServerStream, error: unknown): void {
    this.streams.noteHandled(stream)
    if (stream.isClosed) return
    this.#shared.server.options.log.error(
      { error, requestId: stream.context.requestId },
      'response could not be written',
    )
    this.reset(stream, 'INTERNAL_ERROR', 'truncated')
  }

  /** An answered request needs no more of its content, and says so (RFC 9113 §8.1). */
  readonly #finish = (stream: ServerStream): void => {
    this.streams.remove(stream)
    if (!stream.isRemoteEnded) this.#writeReset(stream.id, 'NO_ERROR')
    stream.body?.destroy()
    this.#shared.output.noteEnding(stream)
  }

  readonly #onSettled = (): void => {
    this.streams.settle()
    this.#shared.onSettled()
  }
}
