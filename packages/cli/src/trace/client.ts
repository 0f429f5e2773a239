/** A client that does one request step by step, and keeps between runs what a browser would keep. */
import { toRoundtripError } from '@roundtrip/errors'
import { formatTraceParent, newTrace, parseServerTiming, parseTraceParent, type Fields } from '@roundtrip/http'
import type { SecureContext } from 'node:tls'
import { connect } from './connect.ts'
import type { Connection, ExchangeObserver, OutgoingRequest } from './exchange.ts'
import { http1Connection } from './exchange-http1.ts'
import { http2Connection } from './exchange-http2.ts'
import { handshake, type Protocol } from './handshake.ts'
import { cachedResolver } from './name-cache.ts'
import { Timeline, type Clock, type PhaseName } from './phases.ts'
import { resolverFor, type Resolver } from './resolve.ts'
import { parseTarget, type Target } from './target.ts'
import type { ResponseFacts, RunKind, Trace } from './trace.ts'

export interface ClientOptions {
  readonly url: string
  readonly method: string
  /** Without Host, Content-Length and `traceparent`, unless somebody wants to choose the latter. */
  readonly fields: Fields
  readonly body: Uint8Array | undefined
  /** Asked for names that are not clear by themselves. */
  readonly resolver: Resolver
  readonly secureContext: SecureContext
  /** Offered by ALPN. Without TLS it is HTTP/1.1. */
  readonly protocols: readonly Protocol[]
  /** Where to connect to instead of the port that the URL means. */
  readonly connectPort?: number
  readonly notes: readonly string[]
  /** For each address but the last. */
  readonly attemptTimeoutMs: number
  /** A fresh one for each run; aborts it when it takes too long. */
  readonly deadline: () => AbortSignal
  readonly clock: Clock
  readonly nowMs: () => number
  readonly random: (bytes: number) => Buffer
}

export interface Client {
  /**
   * Never rejects: a failure is part of the trace. A `kept` run over a connection that the server has closed opens a
   * new one, and says so by its kind.
   */
  run(kind: RunKind): Promise<Trace>
  /** What is going on now; undefined between runs. */
  phase(): PhaseName | undefined
  close(): void
}

/** A trace while it is being taken. */
type Draft = { -readonly [Key in keyof Trace]: Trace[Key] }

/** What lasts from one run to the next. */
interface Kept {
  readonly resolver: Resolver
  session?: Buffer
  connection?: Connection
  timeline?: Timeline
}

/** One run under way. */
interface Run {
  readonly options: ClientOptions
  readonly kept: Kept
  readonly timeline: Timeline
  readonly draft: Draft
  readonly signal: AbortSignal
}

export const createClient = (options: ClientOptions): Client => {
  const kept: Kept = { resolver: cachedResolver(resolverFor(options.resolver), options.clock) }
  return {
    async run(wanted) {
      const connection = wanted === 'kept' && kept.connection?.isReusable() ? kept.connection : undefined
      if (connection === undefined) {
        kept.connection?.close()
        delete kept.connection
      }
      const kind = wanted === 'kept' && connection === undefined ? 'resumed' : wanted
      return traceOnce(options, kept, kind)
    },
    phase: () => kept.timeline?.current,
    close: () => kept.connection?.close(),
  }
}

const traceOnce = async (options: ClientOptions, kept: Kept, kind: RunKind): Promise<Trace> => {
  const signal = options.deadline()
  const startedAt = options.clock()
  const timeline = new Timeline(options.clock)
  kept.timeline = timeline
  const draft: Draft = { kind, notes: options.notes, request: emptyRequest, phases: [], wallMs: 0, serverTiming: [] }
  const run: Run = { options, kept, timeline, draft, signal }
  try {
    const { target, request } = prepare(run)
    kept.connection ??= await open(run, target)
    timeline.enter('request')
    await kept.connection.exchange(request, observe(run), signal)
  } catch (error) {
    const { code, message } = toRoundtripError(error)
    draft.failure = { code, message, phase: timeline.current ?? 'transfer' }
  }
  timeline.end()
  draft.phases = timeline.phases
  draft.wallMs = options.clock() - startedAt
  return draft
}

const emptyRequest: Trace['request'] = { method: '', url: '', traceId: '', fieldCount: 0, bodyBytes: 0 }

const prepare = ({ options, draft }: Run): { target: Target; request: OutgoingRequest } => {
  const { method, body, random } = options
  const target = parseTarget(options.url)
  const fields = options.fields.clone()
  const trace =
    parseTraceParent(fields.get('traceparent')) ?? newTrace(true, (digits) => random(digits / 2).toString('hex'))
  fields.set('traceparent', formatTraceParent(trace))
  const fieldCount = [...fields].length + (body === undefined ? 1 : 2)
  draft.request = { method, url: target.url, traceId: trace.traceId, fieldCount, bodyBytes: body?.byteLength ?? 0 }
  const { scheme, authority, path } = target
  return { target, request: { method, scheme, authority, path, fields, body } }
}

const open = async (run: Run, target: Target): Promise<Connection> => {
  const { options, kept, timeline, draft, signal } = run
  timeline.enter('name')
  draft.name = await kept.resolver(target.host, signal)
  timeline.enter('connect')
  const socket = await connect({
    addresses: draft.name.addresses,
    port: options.connectPort ?? target.port,
    attemptTimeoutMs: options.attemptTimeoutMs,
    signal,
    clock: options.clock,
    onAttempt: (attempt) => {
      draft.connect = [...(draft.connect ?? []), attempt]
    },
  })
  if (target.scheme === 'http') return http1Connection(socket)
  timeline.enter('tls')
  const secured = await handshake({
    ...options,
    socket,
    host: target.host,
    session: kept.session,
    signal,
    onSession: (session) => {
      kept.session = session
    },
    onFacts: (facts) => {
      draft.tls = facts
    },
  })
  return draft.tls?.alpn === 'h2' ? http2Connection(secured, target.authority) : http1Connection(secured)
}

const observe = ({ timeline, draft }: Run): ExchangeObserver => ({
  sent: () => timeline.enter('wait'),
  head: (head) => {
    // The first byte ends the wait even when the end of the request has not been heard of yet.
    timeline.enter('wait')
    timeline.enter('transfer')
    draft.response = { ...head, bodyBytes: 0 }
    draft.serverTiming = parseServerTiming(head.fields.get('server-timing'))
  },
  data: (bytes) => {
    const response = draft.response as ResponseFacts
    draft.response = { ...response, bodyBytes: response.bodyBytes + bytes }
  },
})
