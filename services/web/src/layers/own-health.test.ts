import { Fields, newTrace, type HttpContext, type HttpRequest } from '@roundtrip/http'
import { Passage } from '@roundtrip/pipeline'
import { describe, expect, it } from 'vitest'
import { ownHealth } from './own-health.ts'

const context: HttpContext = {
  passage: new Passage(),
  elapsedMs: 0,
  requestId: '',
  trace: newTrace(false),
  downstream: { address: '', port: 0 },
  client: '',
  signal: new AbortController().signal,
  onAbandoned: () => undefined,
  delivered: Promise.resolve({ outcome: 'complete', bodyBytes: 0 }),
  onSettled: () => {},
  facts: {},
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
}
const asking = (target: string): HttpRequest => ({
  method: 'GET',
  target,
  scheme: 'http',
  authority: 'a',
  fields: Fields.of(),
  body: undefined,
  httpVersion: '1.1',
})

describe('ownHealth', () => {
  const state = { draining: false }
  const handler = ownHealth(() => state.draining)(async () => ({ status: 404, fields: Fields.of(), body: 'app' }))

  it('answers for this tier, whatever the others do', async () => {
    expect(await handler(asking('/health/web'), context)).toMatchObject({ status: 200, body: '{"ready":true}\n' })
    expect(await handler(asking('/health/ready'), context)).toMatchObject({ body: 'app' })
  })

  it('sends the balancer elsewhere while it drains, over connections that are still open', async () => {
    state.draining = true
    await expect(handler(asking('/health/web'), context)).rejects.toMatchObject({ code: 'DRAINING', status: 503 })
    expect(await handler(asking('/'), context)).toMatchObject({ body: 'app' })
    state.draining = false
  })
})
