/** One request in hand, from its head to the last octet of its response. */
import type { RoundtripError } from '@roundtrip/errors'
import type { Delivery, HttpRequest, RequestContext } from '@roundtrip/http'
import type { RequestHead } from '../parse-request.ts'
import type { RequestBody } from './request-body.ts'
import type { Sending } from './send-body.ts'

export interface Exchange {
  readonly head: RequestHead
  readonly context: RequestContext
  readonly body: RequestBody | undefined
  /** Once a body that takes more than one write is on its way. */
  sending: Sending | undefined
  /** Whether a handler has it: whatever comes of it is in its log then. */
  isHandled: boolean
  /** Whether the final response has begun to leave. */
  isAnswered: boolean
  /** Whether the connection ends with this response. */
  isLast: boolean
  isContinued: boolean
  /** Whether the body failed after its head was sent. */
  isTruncated: boolean
  /** Content octets of the response, once it was handed over whole. */
  sentBytes: number
  /** Octets of the body that had arrived when the response was out: the rest is read to be thrown away. */
  restFromBytes: number
  /** How long the body has been waited for, in milliseconds. */
  bodyWaitedMs: number
}

export const newExchange = (
  head: RequestHead,
  context: RequestContext,
  body: RequestBody | undefined,
  isLast: boolean,
): Exchange => ({
  head,
  context,
  body,
  sending: undefined,
  isHandled: false,
  isAnswered: false,
  isLast,
  isContinued: false,
  isTruncated: false,
  sentBytes: 0,
  restFromBytes: 0,
  bodyWaitedMs: 0,
})

export const toRequest = (
  { method, target, authority, fields, version }: RequestHead,
  scheme: 'http' | 'https',
  body: RequestBody | undefined,
): HttpRequest => ({ method, target, scheme, authority, fields, body, httpVersion: version })

/** The client waits for a word of ours before it sends its content. */
export const awaitsContinue = ({ head, body, isContinued }: Exchange): boolean =>
  head.expectsContinue && !isContinued && body?.receivedBytes === 0

/** Whether octets of the body are due: it is not complete, somebody reads it, and the client knows. */
export const isBodyDue = (exchange: Exchange): boolean => {
  const { body } = exchange
  return body !== undefined && !body.isComplete && !body.isFull && !awaitsContinue(exchange)
}

/**
 * Whether the rest of a body is worth reading to keep the connection. A client that was never told to continue may send
 * its content or its next request: nobody could tell one from the other.
 */
export const isRestWorthReading = (exchange: Exchange, maxDrainBytes: number): boolean => {
  const { body } = exchange
  if (body === undefined || body.isComplete) return true
  return !awaitsContinue(exchange) && (body.leftBytes ?? 0) <= maxDrainBytes
}

/** Ends an exchange whose response will not be whole. @param why for whoever still reads the body of the request */
export const lose = (exchange: Exchange, why: Error): void =>
  end(exchange, why, {
    outcome: exchange.isTruncated ? 'truncated' : 'aborted',
    bodyBytes: exchange.sending?.bodyBytes ?? 0,
  })

/** Ends an exchange whose client is told instead why its request cannot be read on. @param bodyBytes of what it is told */
export const loseRefused = (exchange: Exchange, refusal: RoundtripError, bodyBytes: number): void =>
  end(exchange, refusal, { outcome: 'refused', bodyBytes, refusal })

const end = ({ context, body, sending }: Exchange, why: Error, delivery: Delivery): void => {
  if (body?.isComplete === false || body?.readableEnded === false) body.destroy(why)
  sending?.abort()
  context.abandon()
  context.settle(delivery)
}
