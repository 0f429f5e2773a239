/** The messages that travel through the HTTP pipelines of edge and web, and the context that goes with them. */
import type { Readable } from 'node:stream'
import type { RoundtripError } from '@roundtrip/errors'
import type { Handler, Layer, NamedHandler, NamedLayer, Passage } from '@roundtrip/pipeline'
import type { Fields } from './fields.ts'
import type { TraceParent } from './traceparent.ts'

export interface HttpRequest {
  /** As received; methods are case-sensitive (RFC 9110 §9.1). */
  readonly method: string
  /** Origin-form (RFC 9112 §3.2.1), e.g. `/products?page=2`, or `*` for OPTIONS. */
  readonly target: string
  readonly scheme: 'http' | 'https'
  /** Host and optional port, from `:authority` or Host (RFC 9110 §7.2). */
  readonly authority: string
  /** Without pseudo-fields and without Host, which is `authority`. */
  readonly fields: Fields
  /** Undefined when the message has no content. Read at most once. */
  readonly body: Readable | undefined
  readonly httpVersion: '1.0' | '1.1' | '2'
  /** The member of a pool that shall have this attempt, once a balancing layer has chosen it. */
  readonly nextHop?: NextHop
}

/** Whom a request is sent on to. */
export interface NextHop {
  /** Host and port. */
  readonly name: string
}

export interface HttpResponse {
  readonly status: number
  readonly fields: Fields
  /** A whole body in memory, a stream, or none. For HEAD the server drops whatever is here. */
  readonly body: Readable | Uint8Array | string | undefined
  /** The response of which this one is only another form, as with an encoding: who made that one has answered. */
  readonly madeFrom?: HttpResponse
  /** The protocol in which it was received (RFC 9110 §7.6.3), where that was not HTTP/1.1. */
  readonly httpVersion?: '2'
}

/** The connection towards the client. */
export interface Downstream {
  readonly address: string
  readonly port: number
  /** Present on TLS connections. */
  readonly tls?: {
    readonly protocol: string
    readonly cipher: string
    readonly resumed: boolean
    readonly serverName?: string
    /** Present when the client has shown a certificate that was verified. */
    readonly client?: ClientIdentity
  }
}

/** Who a client is by its verified certificate. */
export interface ClientIdentity {
  /** Distinguished name, attributes separated by commas. */
  readonly subject: string
  /** SHA-256 of the certificate, colons between the octets. */
  readonly fingerprint: string
  /** `spiffe://…`, when the certificate has exactly one URI and it is such a one. */
  readonly spiffeId?: string
  /** DER. */
  readonly certificate: Uint8Array
}

/** How the response reached the client. */
export interface Delivery {
  /**
   * `aborted`: the client went away; `truncated`: the body failed on our side or behind us; `refused`: the rest of the
   * request could not be read, and the client was told so instead of getting the response, or the rest of it.
   */
  readonly outcome: 'complete' | 'aborted' | 'truncated' | 'refused'
  /** Content octets handed to the connection. */
  readonly bodyBytes: number
  /** Why it was refused; its status is what the client was sent over HTTP/1.1, where there is nothing to reset. */
  readonly refusal?: RoundtripError
}

/** Must not throw. */
export type SettledListener = (delivery: Delivery) => void

/** What a layer writes log lines with; pino's loggers fit. */
export interface Log {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

export interface HttpContext {
  /** Who ran and for how long; undefined when nobody watches this request. */
  readonly passage: Passage | undefined
  /** Milliseconds since the request's head was read. */
  readonly elapsedMs: number
  /** Unique per request; echoed as `x-request-id`. */
  readonly requestId: string
  readonly trace: TraceParent
  readonly downstream: Downstream
  /** Address of the client: that of `downstream`, unless a layer knows it to be a proxy of ours and asked who stands behind it. */
  client: string
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal
  /**
   * Calls back when the client goes away, at once when it has: what `signal` tells, for less. It cannot be taken back:
   * whoever may have finished before looks whether it has.
   */
  onAbandoned(callback: () => void): void
  /** Settles when the last byte of the response was handed over, or never will be. Never rejects. */
  readonly delivered: Promise<Delivery>
  /** Calls back once when `delivered` settles, in the same turn; for counters, to which a promise would cost too much. */
  onSettled(listener: SettledListener): void
  /**
   * Sends an interim response ahead of the final one (RFC 9110 §15.2, RFC 8297); does nothing where the client cannot
   * take one or the final response has begun. Absent where there is no client.
   */
  inform?(status: number, fields: Fields): void
  /** What layers leave for the access log, such as the upstream that was chosen. */
  readonly facts: Record<string, unknown>
  readonly log: Log
}

export type HttpHandler = Handler<HttpRequest, HttpResponse, HttpContext>
export type HttpLayer = Layer<HttpRequest, HttpResponse, HttpContext>
export type NamedHttpLayer = NamedLayer<HttpRequest, HttpResponse, HttpContext>
export type NamedHttpHandler = NamedHandler<HttpRequest, HttpResponse, HttpContext>
