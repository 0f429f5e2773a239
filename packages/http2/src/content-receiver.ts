/** The content of requests as it comes in: its windows, its announced length, its trailers (RFC 9113 §5.2, §8.1). */
import type { FieldBlock } from './field-block.ts'
import { writeWindowUpdate } from './frame-writer.ts'
import type { DecodedBlock } from './hpack/decoder.ts'
import type { Http2Limits } from './limits.ts'
import type { Output } from './output.ts'
import { ConnectionError, StreamError } from './protocol-error.ts'
import { ReceiveWindow } from './receive-window.ts'
import { RequestBody } from './request-body.ts'
import { areTrailersWellFormed } from './request-head.ts'
import type { ServerStream } from './server-stream.ts'

export class ContentReceiver {
  readonly #output: Output
  readonly #limits: Http2Limits
  /** Of the whole connection. */
  readonly #window: ReceiveWindow

  constructor(output: Output, limits: Http2Limits) {
    this.#output = output
    this.#limits = limits
    this.#window = new ReceiveWindow(limits.connectionWindowBytes)
  }

  /**
   * @param announcedBytes undefined when the request does not say
   * @param onFirstRead told when somebody begins to read
   */
  expect(stream: ServerStream, announcedBytes: number | undefined, onFirstRead: () => void): void {
    stream.contentLength = announcedBytes
    stream.window = new ReceiveWindow(this.#limits.streamWindowBytes)
    stream.body = new RequestBody((bytes) => this.#free(stream, bytes), onFirstRead)
  }

  /**
   * Whoever sends content uses up window, whether somebody waits for it or not.
   *
   * @param flowBytes what the frame takes of the windows
   * @returns false when nobody waits: the window is free again already
   */
  receive(stream: ServerStream | undefined, content: Buffer, flowBytes: number, isEnd: boolean): boolean {
    if (!this.#window.take(flowBytes)) throw new ConnectionError('FLOW_CONTROL_ERROR', 'more than the window allows')
    if (stream?.body === undefined || stream.isRemoteEnded) {
      this.#free(undefined, flowBytes)
      return false
    }
    const hasRoom = stream.window?.take(flowBytes) === true
    this.#free(hasRoom ? stream : undefined, hasRoom ? flowBytes - content.length : flowBytes)
    if (!hasRoom) throw new StreamError(stream.id, 'FLOW_CONTROL_ERROR', 'more than the window allows')
    if (content.length > 0) stream.body.receive(content)
    checkLength(stream, stream.body, isEnd)
    if (isEnd) endRequest(stream, stream.body)
    return true
  }

  /** A second field block on a stream can only be the end of its content. */
  takeTrailers(stream: ServerStream, block: FieldBlock, decoded: DecodedBlock): void {
    const { id, body } = stream
    if (body === undefined || stream.isRemoteEnded) throw new StreamError(id, 'STREAM_CLOSED', 'HEADERS after the end')
    const isWellFormed = block.endsStream && !decoded.isTooLarge && areTrailersWellFormed(decoded)
    if (!isWellFormed) throw new StreamError(id, 'PROTOCOL_ERROR', 'malformed trailers')
    checkLength(stream, body, true)
    endRequest(stream, body)
  }

  /** Gives window back to the connection, and to a stream that still expects content. */
  #free(stream: ServerStream | undefined, bytes: number): void {
    const forAll = this.#window.free(bytes)
    if (forAll > 0) writeWindowUpdate(this.#output, 0, forAll)
    if (stream === undefined || stream.isClosed || stream.isRemoteEnded) return
    const forStream = stream.window?.free(bytes) ?? 0
    if (forStream > 0) writeWindowUpdate(this.#output, stream.id, forStream)
  }
}

/** A next hop would wait for what is missing, or take what is too much for another request (RFC 9113 §8.1.1). */
const checkLength = ({ id, contentLength }: ServerStream, { receivedBytes }: RequestBody, isEnd: boolean): void => {
  if (contentLength === undefined) return
  if (receivedBytes > contentLength || (isEnd && receivedBytes < contentLength)) {
    throw new StreamError(id, 'PROTOCOL_ERROR', 'the content is not as long as announced')
  }
}

const endRequest = (stream: ServerStream, body: RequestBody): void => {
  stream.isRemoteEnded = true
  body.finish()
}
