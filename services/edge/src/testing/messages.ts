/** Requests, responses and contexts for layers under test. */
import { Fields, newTrace, type HttpContext, type HttpRequest, type HttpResponse } from '@roundtrip/http'

const silent = (): void => undefined

/** Nobody watches; the response never ends unless the test says so. */
export const testContext = (overrides: Partial<HttpContext> = {}): HttpContext => ({
  passage: undefined,
  elapsedMs: 0,
  requestId: 'request-1',
  trace: newTrace(false),
  downstream: { address: '192.0.2.7', port: 4711 },
  client: '192.0.2.7',
  signal: new AbortController().signal,
  delivered: new Promise(silent),
  onSettled: silent,
  onAbandoned: silent,
  facts: {},
  log: { debug: silent, info: silent, warn: silent, error: silent },
  ...overrides,
})

export const testRequest = (overrides: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  target: '/',
  scheme: 'https',
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
