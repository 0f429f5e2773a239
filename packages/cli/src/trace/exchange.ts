/** One request and its response over a connection, whichever version of HTTP it speaks (RFC 9110 §3.4). */
import { RoundtripError } from '@roundtrip/errors'
import type { Fields } from '@roundtrip/http'
import type { Protocol } from './handshake.ts'

export interface OutgoingRequest {
  readonly method: string
  readonly scheme: 'http' | 'https'
  /** Host and, unless it is the scheme's default, port. */
  readonly authority: string
  /** Path and query. */
  readonly path: string
  /** Without Host and Content-Length. */
  readonly fields: Fields
  readonly body: Uint8Array | undefined
}

export interface ResponseHead {
  readonly status: number
  readonly statusText: string
  /** `1.1`, `2`. */
  readonly httpVersion: string
  readonly fields: Fields
}

/** Told what happens when it happens. */
export interface ExchangeObserver {
  /** The last octet of the request was handed to the system. */
  readonly sent: () => void
  readonly head: (head: ResponseHead) => void
  readonly data: (bytes: number) => void
}

export interface Connection {
  readonly protocol: Protocol
  /**
   * Resolves with the last octet of the response. One at a time.
   *
   * @throws RoundtripError `UPSTREAM_TIMEOUT`, `UPSTREAM_RESET` or `UPSTREAM_INVALID`
   */
  exchange(request: OutgoingRequest, observer: ExchangeObserver, signal: AbortSignal): Promise<void>
  isReusable(): boolean
  close(): void
}

/** How far a response had come when it failed. */
export interface Progress {
  headSeen: boolean
  bodyBytes: number
  /** What Content-Length announced. */
  announcedBytes: number | undefined
}

/** HTTP/1.1's parser sees to this by itself; a stream of HTTP/2 may be closed without an error (RFC 9113 §8.1.1). */
export const hasWholeBody = ({ method }: OutgoingRequest, { bodyBytes, announcedBytes }: Progress): boolean =>
  method === 'HEAD' || announcedBytes === undefined || bodyBytes === announcedBytes

/** The observer, and a note of how far it got. */
export const watched = (observer: ExchangeObserver): { observer: ExchangeObserver; progress: Progress } => {
  const progress: Progress = { headSeen: false, bodyBytes: 0, announcedBytes: undefined }
  return {
    progress,
    observer: {
      sent: observer.sent,
      head: (head) => {
        progress.headSeen = true
        progress.announcedBytes = announcedBytes(head)
        observer.head(head)
      },
      data: (bytes) => {
        progress.bodyBytes += bytes
        observer.data(bytes)
      },
    },
  }
}

/** 304 announces what it does not send (RFC 9110 §8.6). */
const announcedBytes = ({ status, fields }: ResponseHead): number | undefined => {
  const length = fields.get('content-length')
  return length === undefined || status === 304 ? undefined : Number(length)
}

const isProtocolError = (code: string | undefined): boolean =>
  code !== undefined && /^HPE_|^ERR_HTTP2_(?:ERROR|SESSION_ERROR|INVALID|STREAM_ERROR)/.test(code)

export const exchangeFailure = (
  error: unknown,
  { headSeen, bodyBytes }: Progress,
  timedOut: boolean,
): RoundtripError => {
  if (error instanceof RoundtripError) return error
  const { code, message } = error as NodeJS.ErrnoException
  const options = { cause: error }
  const got = `after the head and ${bodyBytes} bytes of content`
  if (timedOut) {
    const sentence = headSeen ? `The response was not complete in time: it stopped ${got}.` : 'No response in time.'
    return new RoundtripError('UPSTREAM_TIMEOUT', sentence, options)
  }
  if (isProtocolError(code)) {
    return new RoundtripError('UPSTREAM_INVALID', `The server broke the protocol: ${message} (${code}).`, options)
  }
  const sentence = headSeen
    ? `The response broke off ${got} (${code ?? message}).`
    : `The server closed the connection without a response (${code ?? message}).`
  return new RoundtripError('UPSTREAM_RESET', sentence, options)
}
