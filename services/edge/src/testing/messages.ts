/** Requests, responses and contexts for layers under test. */
import { newTrace, type HttpContext, type HttpRequest } from '@roundtrip/http'
import { testRequest as plainRequest, testResponse } from '@roundtrip/http/testing'

export { testResponse }

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

export const testRequest = (overrides: Partial<HttpRequest> = {}): HttpRequest =>
  plainRequest({ scheme: 'https', ...overrides })
