/** A stub client: one question to one server (RFC 1034 §5.3.1, RFC 5452, RFC 6891, RFC 7766). */
import { randomInt } from 'node:crypto'
import { RoundtripError } from '@roundtrip/errors'
import { safeUdpPayloadBytes } from '../edns.ts'
import { emptyMessage, encodeMessage, type Message } from '../message.ts'
import { parseName, type Name } from '../name.ts'
import type { RecordType } from '../registry.ts'
import { exchangeOverTcp } from './tcp-exchange.ts'
import { exchangeOverUdp, type Ask } from './udp-exchange.ts'

export interface QueryOptions {
  /** Address or name of the server. */
  readonly host: string
  /** 53 by default. */
  readonly port?: number
  /** As people write it; without a final dot it is absolute all the same. */
  readonly name: string
  /** `A` by default. */
  readonly type?: RecordType
  /** For everything together, retry and change to TCP included; 5,000 by default. */
  readonly timeoutMs?: number
  /** `udp` (the default) goes on over TCP when the answer is truncated; `tcp` starts there. */
  readonly transport?: 'udp' | 'tcp'
  /** RD; off by default, since the servers asked here are authoritative. */
  readonly recursionDesired?: boolean
  readonly signal?: AbortSignal
  /** A whole number from 0 to below `limit`; cryptographic by default. */
  readonly random?: (limit: number) => number
  /** Milliseconds, never going back. */
  readonly clock?: () => number
}

export interface QueryResult {
  readonly message: Message
  /** `127.0.0.1:5300`. */
  readonly server: string
  /** The one that the answer came over. */
  readonly transport: 'udp' | 'tcp'
  readonly durationMs: number
}

/**
 * Any response is a result, whatever its `rcode`.
 *
 * @throws RoundtripError `DNS_NAME_INVALID`; `UPSTREAM_TIMEOUT` when no answer came in time, after one retry;
 *   `UPSTREAM_UNREACHABLE` when nothing listens there; `UPSTREAM_RESET` and `DNS_MESSAGE_INVALID` when the server fails
 *   over TCP; the signal's reason when it aborts
 */
export const query = async (options: QueryOptions): Promise<QueryResult> => {
  const { clock = () => performance.now() } = options
  const startMs = clock()
  const conversation = new Conversation(options, parseName(options.name), startMs + (options.timeoutMs ?? 5000), clock)
  let found = await conversation.ask(true)
  // RFC 6891 §7: a server that knows no EDNS says FORMERR, without an OPT record of its own.
  if (refusesEdns(found.message)) found = await conversation.ask(false)
  return { ...found, server: conversation.server, durationMs: clock() - startMs }
}

const refusesEdns = ({ rcode, edns }: Message): boolean =>
  edns === undefined && (rcode === 'FORMERR' || rcode === 'NOTIMP')

type Found = Pick<QueryResult, 'message' | 'transport'>

class Conversation {
  readonly #options: QueryOptions
  readonly #name: Name
  readonly #deadlineMs: number
  readonly #clock: () => number

  constructor(options: QueryOptions, name: Name, deadlineMs: number, clock: () => number) {
    this.#options = options
    this.#name = name
    this.#deadlineMs = deadlineMs
    this.#clock = clock
  }

  get server(): string {
    const { host, port = 53 } = this.#options
    return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  }

  async ask(withEdns: boolean): Promise<Found> {
    if (this.#options.transport !== 'tcp') {
      const message = await this.#askOverUdp(withEdns)
      if (message !== undefined) return { message, transport: 'udp' }
    }
    const message = await this.#attempt(this.#remainingMs(), exchangeOverTcp, this.#make(withEdns))
    if (message === undefined) throw this.#timeout()
    return { message, transport: 'tcp' }
  }

  /** Undefined when the answer is to be had over TCP only. */
  async #askOverUdp(withEdns: boolean): Promise<Message | undefined> {
    // The first try may use half of the time, so that a lost datagram leaves as much for the second.
    for (const share of [0.5, 1]) {
      const answer = await this.#attempt(this.#remainingMs() * share, exchangeOverUdp, this.#make(withEdns))
      // A server that does not keep the case of names cannot be told from a forger here; over TCP it can.
      if (answer === 'case-changed' || answer?.truncated) return undefined
      if (answer !== undefined) return answer
    }
    throw this.#timeout()
  }

  /** What the exchange yields, or undefined when it took too long. */
  async #attempt<T>(
    limitMs: number,
    exchange: (server: { host: string; port: number }, ask: Ask, signal: AbortSignal) => Promise<T>,
    ask: Ask,
  ): Promise<T | undefined> {
    const { host, port = 53, signal: givenUp } = this.#options
    givenUp?.throwIfAborted()
    const late = AbortSignal.timeout(Math.max(0, Math.round(limitMs)))
    const signal = givenUp === undefined ? late : AbortSignal.any([givenUp, late])
    try {
      return await exchange({ host, port }, ask, signal)
    } catch (error) {
      if (givenUp?.aborted || error instanceof RoundtripError) throw error
      if (late.aborted) return undefined
      throw new RoundtripError('UPSTREAM_UNREACHABLE', `The DNS server ${this.server} could not be reached.`, {
        cause: error,
      })
    }
  }

  /** A fresh id and fresh letter case for each try. */
  #make(withEdns: boolean): Ask {
    const { type = 'A', recursionDesired = false, random = randomInt } = this.#options
    const name = this.#name.replaceAll(/[a-z]/gi, (letter) =>
      random(2) === 0 ? letter.toLowerCase() : letter.toUpperCase(),
    ) as Name
    const message: Message = {
      ...emptyMessage,
      id: random(0x1_0000),
      recursionDesired,
      questions: [{ name, type, class: 'IN' }],
      edns: withEdns ? { udpPayloadBytes: safeUdpPayloadBytes, version: 0, dnssecOk: false, options: [] } : undefined,
    }
    return { message, bytes: encodeMessage(message) }
  }

  #remainingMs(): number {
    return this.#deadlineMs - this.#clock()
  }

  #timeout(): RoundtripError {
    return new RoundtripError(
      'UPSTREAM_TIMEOUT',
      `The DNS server ${this.server} did not answer within ${this.#options.timeoutMs ?? 5000} ms.`,
    )
  }
}
