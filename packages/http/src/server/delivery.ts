/** The end of a response: every way in which its last byte leaves, or does not, told apart. */
import { ServerResponse } from 'node:http'
import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Readable, Writable } from 'node:stream'
import type { Delivery } from '../message.ts'

/** What response bytes are written to: node's HTTP/1 response, or the HTTP/2 stream itself. */
export type Sink = ServerResponse | ServerHttp2Stream

/**
 * node's HTTP/2 responses emit `finish` for a stream that the client has reset, and call it writable-finished too;
 * only the stream's own reset code tells the truth.
 */
const wasReset = (sink: Sink): boolean =>
  !(sink instanceof ServerResponse) && (sink.aborted || (sink.rstCode ?? 0) !== constants.NGHTTP2_NO_ERROR)

/**
 * Tells, when asked on `close`, whether everything was handed to a connection that still wanted it.
 *
 * node destroys an HTTP/2 stream as soon as both directions have ended, so when the request was read to its end,
 * `finish` never comes. nghttp2 closes a stream without an error once END_STREAM is out, or when the client resets it
 * with NO_ERROR, having all it wants; a session that we destroy ourselves does too, whatever it still held.
 */
export const deliveryCheck = (sink: Sink): (() => boolean) => {
  if (sink instanceof ServerResponse) return () => sink.writableFinished
  // A closed stream no longer knows its session.
  const { session } = sink
  const wasSent = (): boolean => sink.writableFinished || (sink.writableEnded && session?.destroyed === false)
  return () => !wasReset(sink) && wasSent()
}

/** Breaks the response off in a way that no client can mistake for its end. */
const reset = (sink: Sink): void => {
  // A stream that is only closed sends END_STREAM first, which says that all is well; destroying does not.
  sink.destroy(new Error('the response body ended before its time'))
}

/** Sends a whole body, or none, and waits for the end. */
export const deliverBytes = (sink: Sink, bytes: Uint8Array | undefined, closesAfter: boolean): Promise<Delivery> => {
  const { delivery } = settle(sink, undefined, () => bytes?.byteLength ?? 0)
  if (closesAfter && sink instanceof ServerResponse && !sink.req.complete) linger(sink, bytes)
  else if (bytes === undefined) sink.end()
  else sink.end(bytes)
  return delivery
}

/** How long a client may go on sending after its request was refused, as nginx's `lingering_timeout`. */
const lingerMs = 5000

/**
 * Closing while the client still sends makes its kernel drop our answer unread (RFC 9112 §9.6). So the response
 * goes out whole, what still arrives is thrown away for a while, and only then does the connection end.
 */
const linger = (response: ServerResponse, bytes: Uint8Array | undefined): void => {
  const { req: request } = response
  const finish = (): void => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(finish, lingerMs)
  response.once('close', () => clearTimeout(timer))
  request.once('end', finish)
  request.on('error', finish)
  request.resume()
  if (bytes === undefined) response.flushHeaders()
  else response.write(bytes)
}

/**
 * Streams a body with backpressure.
 *
 * @param announcedBytes the Content-Length that was sent; a body of another length is broken off, because the
 * octets that follow would be read as another response, or waited for in vain
 */
export const deliverStream = (sink: Sink, body: Readable, announcedBytes: number | undefined): Promise<Delivery> => {
  // Both kinds of sink are writable streams; their union has no callable write.
  const writable: Writable = sink
  let bodyBytes = 0
  const { delivery, breakOff } = settle(sink, body, () => bodyBytes)
  body.on('data', (chunk: Uint8Array) => {
    if (announcedBytes !== undefined && bodyBytes + chunk.byteLength > announcedBytes) {
      body.destroy()
      return
    }
    bodyBytes += chunk.byteLength
    if (!writable.write(chunk)) {
      body.pause()
      writable.once('drain', () => body.resume())
    }
  })
  body.once('end', () => {
    if (announcedBytes === undefined || bodyBytes === announcedBytes) writable.end()
    else breakOff()
  })
  return delivery
}

interface Settlement {
  readonly delivery: Promise<Delivery>
  /** For a body that fails: the response must not look whole. */
  readonly breakOff: () => void
}

/** Waits for the end of a response, whichever side brings it about. */
const settle = (sink: Sink, body: Readable | undefined, bytes: () => number): Settlement => {
  const { promise: delivery, resolve } = Promise.withResolvers<Delivery>()
  const isDelivered = deliveryCheck(sink)
  let truncated = false
  const done = (outcome: Delivery['outcome']): void => resolve({ outcome, bodyBytes: bytes() })
  const breakOff = (): void => {
    truncated = true
    reset(sink)
  }
  sink.once('finish', () => {
    if (wasReset(sink)) return
    done('complete')
    stopSending(sink)
  })
  sink.once('close', () => {
    const complete = isDelivered()
    body?.destroy()
    if (complete) done('complete')
    else done(truncated ? 'truncated' : 'aborted')
  })
  // Writing to a connection that is gone; `close` follows and settles.
  sink.on('error', () => undefined)
  body?.on('error', breakOff)
  body?.once('close', () => {
    if (!body.readableEnded && !sink.closed) breakOff()
  })
  // Failed before we listened: none of its events will come any more.
  if (body?.closed === true) breakOff()
  return { delivery, breakOff }
}

/**
 * An answered request needs no more of its content. HTTP/2 can say so (RFC 9113 §8.1); over HTTP/1 the rest is thrown
 * away, for the next request on the connection stands behind it. node does that itself only for content nobody began to read.
 */
const stopSending = (sink: Sink): void => {
  if (sink instanceof ServerResponse) {
    if (!sink.req.complete) sink.req.resume()
  } else if (!sink.endAfterHeaders && !sink.readableEnded) sink.close(constants.NGHTTP2_NO_ERROR)
}
