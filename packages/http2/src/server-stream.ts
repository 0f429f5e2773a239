/** One stream as a server sees it (RFC 9113 §5.1): a request that comes in and a response that goes out. */
import type { Readable } from 'node:stream'
import type { RoundtripError } from '@roundtrip/errors'
import type { Delivery, RequestContext } from '@roundtrip/http'
import type { Written } from './output.ts'
import type { ReceiveWindow } from './receive-window.ts'
import type { RequestBody } from './request-body.ts'

/** An end that is not a whole response. */
export type Broken = Exclude<Delivery['outcome'], 'complete'>

export class ServerStream implements Written {
  readonly id: number
  readonly method: string
  readonly context: RequestContext
  readonly #onSettled: () => void

  /** No further content of the request will come. */
  isRemoteEnded: boolean
  body: RequestBody | undefined
  window: ReceiveWindow | undefined
  /** As announced; undefined when it was not. */
  contentLength: number | undefined

  /** Octets the client lets us send. */
  sendWindow: number
  /** Stands in the send queue. */
  isQueued = false
  /** The piece of the response's content that is on its way, from `pendingOffset` on. */
  pending: Uint8Array | undefined
  pendingOffset = 0
  /** The response's content ends with `pending`. */
  isLast = false
  source: Readable | undefined
  sentBytes = 0

  hasResponded = false
  isHandled = false
  /** Nothing is sent or received any more. */
  isClosed = false
  /** For the sweep: how much was sent or received when it was last content, and how long it has not been. */
  sentMark = 0
  stalledMs = 0
  awaitedMs = 0
  #isSettled = false

  constructor(
    id: number,
    method: string,
    isRemoteEnded: boolean,
    sendWindow: number,
    context: RequestContext,
    onSettled: () => void,
  ) {
    this.id = id
    this.method = method
    this.isRemoteEnded = isRemoteEnded
    this.sendWindow = sendWindow
    this.context = context
    this.#onSettled = onSettled
  }

  get hasPending(): boolean {
    return this.pending !== undefined || this.isLast
  }

  onWritten(isWritten: boolean): void {
    this.settle(isWritten ? 'complete' : 'aborted')
  }

  /** @param refusal what the client did against the protocol */
  settle(outcome: Delivery['outcome'], refusal?: RoundtripError): void {
    if (this.#isSettled) return
    this.#isSettled = true
    if (outcome === 'aborted' || outcome === 'refused') this.context.abandon()
    const delivery = { outcome, bodyBytes: this.sentBytes }
    this.context.settle(refusal === undefined ? delivery : { ...delivery, refusal })
    this.#onSettled()
  }
}
