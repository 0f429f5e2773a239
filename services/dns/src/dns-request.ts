/** What travels through the pipeline: a query as it arrived, and the response to it. */
import {
  decodeHeader,
  decodeMessage,
  emptyMessage,
  encodeMessage,
  safeUdpPayloadBytes,
  type Header,
  type Message,
} from '@roundtrip/dns-wire'
import { RoundtripError, toRoundtripError } from '@roundtrip/errors'
import type { Handler, Layer, NamedLayer, Observed, Passage } from '@roundtrip/pipeline'

/**
 * A query, decoded when a layer first looks: the header alone is enough to drop or refuse much of what arrives, and
 * garbage behind it must not prevent that.
 */
export class DnsRequest {
  readonly bytes: Uint8Array
  #header: Header | undefined
  #decoded: Message | RoundtripError | undefined

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** @throws RoundtripError `DNS_MESSAGE_INVALID` for less than a header */
  get header(): Header {
    this.#header ??= decodeHeader(this.bytes)
    return this.#header
  }

  /** @throws RoundtripError `DNS_MESSAGE_INVALID` */
  get message(): Message {
    this.#decoded ??= decodeOrError(this.bytes)
    if (this.#decoded instanceof RoundtripError) throw this.#decoded
    return this.#decoded
  }

  /** The message, or undefined when it is malformed. */
  get wellFormed(): Message | undefined {
    this.#decoded ??= decodeOrError(this.bytes)
    return this.#decoded instanceof RoundtripError ? undefined : this.#decoded
  }
}

const decodeOrError = (bytes: Uint8Array): Message | RoundtripError => {
  try {
    return decodeMessage(bytes)
  } catch (error) {
    return toRoundtripError(error)
  }
}

/** A response, encoded when first asked for, so that measuring it against a limit costs nothing extra. */
export class DnsResponse {
  readonly message: Message
  #bytes: Uint8Array | undefined

  constructor(message: Message) {
    this.message = message
  }

  /** @throws RoundtripError `DNS_MESSAGE_INVALID` when it would exceed 65,535 octets */
  get bytes(): Uint8Array {
    this.#bytes ??= encodeMessage(this.message)
    return this.#bytes
  }
}

export interface Client {
  readonly address: string
  readonly port: number
}

/** The part of a logger that layers use. */
export interface Log {
  debug(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

export interface DnsContext extends Observed {
  readonly transport: 'udp' | 'tcp'
  readonly client: Client
  readonly log: Log
  readonly passage: Passage
}

/** Undefined is silence: some messages must not be answered. */
export type DnsResult = DnsResponse | undefined
export type DnsHandler = Handler<DnsRequest, DnsResult, DnsContext>
export type DnsLayer = Layer<DnsRequest, DnsResult, DnsContext>
export type NamedDnsLayer = NamedLayer<DnsRequest, DnsResult, DnsContext>

/**
 * The response to a query, whichever layer gives it: same id, opcode and RD, the question as it was asked, and an OPT
 * record exactly when the query had one (RFC 6891 §6.1.1). AD and CD stay clear (RFC 4035 §3.1.6). Of a malformed
 * query the header is all there is to go by.
 */
export const respond = ({ header, wellFormed }: DnsRequest, contents: Partial<Message>): DnsResponse =>
  new DnsResponse({
    ...emptyMessage,
    id: header.id,
    isResponse: true,
    opcode: header.opcode,
    recursionDesired: header.recursionDesired,
    questions: wellFormed?.questions ?? [],
    edns: wellFormed?.edns && {
      udpPayloadBytes: safeUdpPayloadBytes,
      version: 0,
      dnssecOk: wellFormed.edns.dnssecOk,
      options: [],
    },
    ...contents,
  })
