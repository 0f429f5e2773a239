/** Refuses content larger than this tier accepts: at once when it is announced, else as soon as it shows. */
import { Transform, type Readable } from 'node:stream'
import { RoundtripError } from '@roundtrip/errors'
import type { HttpContext, HttpHandler, HttpLayer, HttpRequest, HttpResponse } from '../message.ts'

const tooLarge = (limitBytes: number): RoundtripError =>
  new RoundtripError('BODY_TOO_LARGE', `The request body may have at most ${limitBytes} bytes.`, {
    details: { limitBytes },
  })

/** @param limitBytes most octets of content a request may have */
export const bodyLimit =
  (limitBytes: number): HttpLayer =>
  (next) =>
  (request, context) => {
    if (Number(request.fields.get('content-length') ?? 0) > limitBytes) return Promise.reject(tooLarge(limitBytes))
    return request.body === undefined
      ? next(request, context)
      : limited(next, request, context, request.body, limitBytes)
  }

const limited = async (
  next: HttpHandler,
  request: HttpRequest,
  context: HttpContext,
  source: Readable,
  limitBytes: number,
): Promise<HttpResponse> => {
  const { body, exceeded } = limitStream(source, limitBytes)
  try {
    return await next({ ...request, body }, context)
  } catch (error) {
    // The next hop only sees its request break off; why it did is known here.
    throw exceeded() ? tooLarge(limitBytes) : error
  }
}

const limitStream = (source: Readable, limitBytes: number): { body: Readable; exceeded: () => boolean } => {
  let seenBytes = 0
  const counter = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      seenBytes += chunk.byteLength
      if (seenBytes > limitBytes) done(tooLarge(limitBytes))
      else done(null, chunk)
    },
  })
  const breakOff = (cause?: unknown): void => {
    if (source.readableEnded) return
    // The server may have said why: content that came too slowly is not a client that left.
    const isKnown = cause instanceof RoundtripError
    counter.destroy(isKnown ? cause : new RoundtripError('CLIENT_CLOSED_REQUEST', undefined, { cause }))
  }
  source.once('error', breakOff)
  source.once('close', breakOff)
  // A handler that never reads the body does not listen either; unheard, the error would end the process.
  counter.on('error', () => undefined)
  return { body: source.pipe(counter), exceeded: () => seenBytes > limitBytes }
}
