/** What a trace knows: everything the client saw of one request, up to its end or its failure. */
import type { ErrorCode } from '@roundtrip/errors'
import type { Fields, ServerTiming } from '@roundtrip/http'
import type { CertificateFacts } from './certificate.ts'
import type { Phase, PhaseName } from './phases.ts'

/** `cold` shares nothing with an earlier run, `resumed` its TLS session and name, `kept` its connection. */
export type RunKind = 'cold' | 'resumed' | 'kept'

export interface NameFacts {
  /** In the order in which they are tried. */
  readonly addresses: readonly string[]
  /** `literal`: the URL has an address; `loopback`: RFC 6761 §6.3; `system`: getaddrinfo; `cache`: within the TTL. */
  readonly source: 'literal' | 'loopback' | 'dns' | 'system' | 'cache'
  /** Host and port of the server that was asked. */
  readonly server?: string
  readonly transport?: 'udp' | 'tcp'
  readonly authoritative?: boolean
  /** What is left of it when it comes from the cache. Unknown where getaddrinfo answers. */
  readonly ttlSeconds?: number
  /** The chain of CNAMEs that was followed, without the name itself. */
  readonly aliases: readonly string[]
}

export interface ConnectAttempt {
  readonly address: string
  readonly port: number
  readonly durationMs: number
  /** Absent when it succeeded; e.g. `refused`, `timed out`. */
  readonly failure?: string
}

export interface TlsFacts {
  /** `TLSv1.3`. */
  readonly protocol: string
  /** By its name in the IANA registry. */
  readonly cipher: string
  /** The group of the key exchange, e.g. `X25519MLKEM768`; unknown when a session is resumed without one. */
  readonly keyExchange?: string
  /** What ALPN chose (RFC 7301); undefined when the server chose nothing. */
  readonly alpn: string | undefined
  readonly resumed: boolean
  /** From the leaf upwards, as far as the server sent them or this client knows them. */
  readonly certificates: readonly CertificateFacts[]
}

export interface RequestFacts {
  readonly method: string
  readonly url: string
  readonly traceId: string
  readonly fieldCount: number
  readonly bodyBytes: number
}

export interface ResponseFacts {
  readonly status: number
  /** The reason phrase; HTTP/2 has none (RFC 9113 §8.3.2), then the registered one. */
  readonly statusText: string
  readonly httpVersion: string
  readonly fields: Fields
  /** Octets of content as transferred, compressed as they are. */
  readonly bodyBytes: number
}

export interface TraceFailure {
  readonly code: ErrorCode
  readonly message: string
  /** Where the request had got to. */
  readonly phase: PhaseName
}

export interface Trace {
  readonly kind: RunKind
  /** What is said about the target, such as a port that was put in place of another. */
  readonly notes: readonly string[]
  readonly request: RequestFacts
  readonly phases: readonly Phase[]
  /** Measured around everything, by itself: what the phases must add up to. */
  readonly wallMs: number
  readonly name?: NameFacts
  readonly connect?: readonly ConnectAttempt[]
  readonly tls?: TlsFacts
  readonly response?: ResponseFacts
  /** As the tiers reported them, in wire order. */
  readonly serverTiming: readonly ServerTiming[]
  readonly failure?: TraceFailure
}
