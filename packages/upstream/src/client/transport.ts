/** What connections to a next hop offer to those above, whatever protocol they speak. */
import type { RoundtripError } from '@roundtrip/errors'
import type { HttpContext, HttpRequest, HttpResponse } from '@roundtrip/http'
import type { RetainedContent } from '../retained-content.ts'

/** How long each phase of an exchange with a next hop may take. Watched by one sweep, so they fire up to 100 ms late. */
export interface TransportTimeouts {
  /** From the decision to connect until a request can be written, the TLS handshake included. */
  readonly connectTimeoutMs: number
  /** From the request's last byte to the head of the response. */
  readonly firstByteTimeoutMs: number
  /** Silence between two parts of the response's content. */
  readonly bodyTimeoutMs: number
  /** How long a request waits for a free connection. */
  readonly queueTimeoutMs: number
  /** From `send` to the last byte of the response; no bound by default. */
  readonly totalTimeoutMs?: number
}

export interface SendOptions {
  /** Of the client's request: the exchange is called off when the client goes away. */
  readonly context: Pick<HttpContext, 'onAbandoned' | 'client' | 'downstream' | 'inform'>
  /** Calls off this exchange alone, with its reason as the error when that is one of ours: a hedged request that lost. */
  readonly signal?: AbortSignal | undefined
  /** For this exchange, instead of the transport's own. */
  readonly firstByteTimeoutMs?: number | undefined
  /** For this exchange, instead of the transport's own. */
  readonly totalTimeoutMs?: number | undefined
  /** What is read of the request's content is noted there, and what earlier attempts have read is taken from there. */
  readonly retained?: RetainedContent | undefined
  /** Called once, when the last byte of the response has arrived or never will: with the error that ended it, if any. */
  onEnd?(error: RoundtripError | undefined): void
}

export interface TransportStats {
  /** Connections there are, those being made included. */
  readonly open: number
  /** Connections with nothing to do. */
  readonly idle: number
  /** Requests that wait for a connection. */
  readonly waiting: number
  /** Exchanges begun whose response has not ended, those waiting included. */
  readonly inFlight: number
  /** Connections made so far. */
  readonly connects: number
  /** Requests so far that found a connection ready. */
  readonly reuses: number
}

/** Connections to one next hop. */
export interface Transport {
  /**
   * Sends one request and resolves with the head of its response; the body is whole when it came along with the head, else a stream.
   *
   * @throws RoundtripError of source `upstream` with details `{member, sent}`, `sent` being false when the next hop
   * certainly has not acted on the request; `CLIENT_CLOSED_REQUEST`; or what the request's own body failed with
   */
  send(request: HttpRequest, options: SendOptions): Promise<HttpResponse>
  /** A live view: reading it allocates nothing. */
  readonly stats: TransportStats
  /** Takes no new work, closes what is idle, resolves when the last exchange has ended. */
  drain(): Promise<void>
  /** Breaks off whatever is in flight. */
  destroy(): void
}
