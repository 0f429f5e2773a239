/** For tests: a context, messages and a log, without a connection. */
import { Passage } from '@roundtrip/pipeline'
import { Fields } from './fields.ts'
import type { HttpContext, HttpRequest, HttpResponse, Log } from './message.ts'
import { newTrace } from './traceparent.ts'

export interface LogLine {
  readonly level: keyof Log
  readonly facts: Record<string, unknown>
  readonly message: string
}

/** A log that keeps its lines. */
export const recordingLog = (): Log & { lines: LogLine[] } => {
  const lines: LogLine[] = []
  const at = (level: keyof Log) => (facts: object, message: string) => {
    lines.push({ level, facts: facts as Record<string, unknown>, message })
  }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

export const testContext = ({
  passage = new Passage(() => 0),
  signal = new AbortController().signal,
  ...others
}: Partial<HttpContext> = {}): HttpContext => ({
  passage,
  get elapsedMs() {
    return passage.elapsedMs
  },
  requestId: 'request-1',
  trace: newTrace(false),
  downstream: { address: '192.0.2.1', port: 4711 },
  client: '192.0.2.1',
  signal,
  onAbandoned: (callback) => (signal.aborted ? callback() : signal.addEventListener('abort', callback, { once: true })),
  delivered: Promise.resolve({ outcome: 'complete', bodyBytes: 0 }),
  onSettled(listener) {
    void this.delivered.then(listener)
  },
  facts: {},
  log: recordingLog(),
  ...others,
})

export const testRequest = (overrides: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  target: '/',
  scheme: 'http',
  authority: 'www.roundtrip.test',
  fields: Fields.of(),
  body: undefined,
  httpVersion: '1.1',
  ...overrides,
})

export const testResponse = (overrides: Partial<HttpResponse> = {}): HttpResponse => ({
  status: 200,
  fields: Fields.of(),
  body: 'ok',
  ...overrides,
})
