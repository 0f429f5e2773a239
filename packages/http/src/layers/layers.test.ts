import { RoundtripError } from '@roundtrip/errors'
import { compose, Passage } from '@roundtrip/pipeline'
import { describe, expect, it } from 'vitest'
import { Fields } from '../fields.ts'
import type { Delivery, HttpHandler } from '../message.ts'
import { recordingLog, testContext, testRequest, testResponse } from '../testing.ts'
import { formatTraceParent } from '../traceparent.ts'
import { accessLog } from './access-log.ts'
import { errorResponse } from './error-response.ts'
import { requestId } from './request-id.ts'
import { serverTiming } from './server-timing.ts'

const ok: HttpHandler = async () => testResponse()
const failing =
  (error: Error): HttpHandler =>
  async () => {
    throw error
  }

describe('requestId', () => {
  it('tells the next hop the request and our span, and the client the request', async () => {
    const context = testContext()
    const request = testRequest({ fields: Fields.of({ 'x-request-id': 'forged', traceparent: 'forged' }) })
    const response = await requestId()(ok)(request, context)
    expect(Object.fromEntries(request.fields)).toEqual({
      'x-request-id': 'request-1',
      traceparent: formatTraceParent(context.trace),
    })
    expect(response.fields.get('x-request-id')).toBe('request-1')
  })
})

describe('requestId that tells nobody but the client', () => {
  it('leaves the next hop to who speaks to it, and makes no span', async () => {
    const context = testContext()
    Object.defineProperty(context, 'trace', { get: () => expect.unreachable() })
    const request = testRequest({ fields: Fields.of({ 'x-request-id': 'forged' }) })
    const response = await requestId({ tellsNextHop: false })(ok)(request, context)
    expect([request.fields.get('x-request-id'), response.fields.get('x-request-id')]).toEqual(['forged', 'request-1'])
  })
})

describe('errorResponse', () => {
  it.each([
    [new RoundtripError('NOT_FOUND'), 404, 'debug'],
    [new RoundtripError('UPSTREAM_TIMEOUT'), 504, 'warn'],
    [new Error('a bug'), 500, 'error'],
  ] as const)('%s: %i, logged once at level %s', async (error, status, level) => {
    const log = recordingLog()
    const context = testContext({ log })
    const response = await errorResponse()(failing(error))(testRequest(), context)
    expect(response.status).toBe(status)
    expect(response.body).not.toContain('a bug')
    expect(log.lines).toMatchObject([{ level, facts: { requestId: 'request-1', traceId: context.trace.traceId } }])
    expect(context.facts['code']).toBe(log.lines[0]?.facts['code'])
  })

  it('leaves answers alone', async () => {
    const response = testResponse()
    expect(await errorResponse()(async () => response)(testRequest(), testContext())).toBe(response)
  })
})

describe('serverTiming', () => {
  const behind = 'app;dur=3'
  const layer = serverTiming({ tier: 'web', instance: 'web-1' })
  const answer = async (sampled: boolean) => {
    let nowMs = 0
    const context = testContext({
      passage: new Passage(() => nowMs),
      trace: { traceId: '', parentId: '', sampled },
    })
    const handler = compose(
      [['server timing', layer]],
      [
        'proxy',
        async () => {
          nowMs = 12
          return testResponse({ fields: Fields.of({ 'server-timing': behind }) })
        },
      ],
    )
    return (await handler(testRequest(), context)).fields.getAll('server-timing')
  }

  it('appends this tier and who in it answered to the tiers behind', async () => {
    expect(await answer(true)).toEqual([behind, 'web;dur=12;desc="web-1";by="proxy"'])
  })

  it('tells nothing of any tier to a client that does not trace', async () => {
    expect(await answer(false)).toEqual([])
  })
})

const logged = async (delivery: Delivery, isNoise = false, which: 'all' | 'errors' = 'all', status = 200) => {
  const log = recordingLog()
  const delivered = Promise.resolve(delivery)
  const context = testContext({ log, delivered, facts: { upstream: 'app-1' } })
  const request = testRequest({ target: '/a', fields: Fields.of({ 'user-agent': 'curl' }) })
  const handler = compose(
    [['access log', accessLog({ which, isNoise: () => isNoise })]],
    ['proxy', async () => testResponse({ status })],
  )
  await handler(request, context)
  await delivered
  return log.lines
}

describe('accessLog', () => {
  it('writes one line when the last byte has left', async () => {
    expect(await logged({ outcome: 'complete', bodyBytes: 2 })).toEqual([
      {
        level: 'info',
        message: 'GET /a 200',
        facts: expect.objectContaining({
          requestId: 'request-1',
          client: '192.0.2.1',
          method: 'GET',
          target: '/a',
          status: 200,
          bodyBytes: 2,
          outcome: 'complete',
          answeredBy: 'proxy',
          userAgent: 'curl',
          upstream: 'app-1',
          durationMs: 0,
        }),
      },
    ])
  })

  it('has 499 for a client that went away, and keeps the status of what was cut off', async () => {
    expect(await logged({ outcome: 'aborted', bodyBytes: 1 })).toMatchObject([{ facts: { status: 499 } }])
    expect(await logged({ outcome: 'truncated', bodyBytes: 1 })).toMatchObject([
      { facts: { status: 200, outcome: 'truncated' } },
    ])
  })

  it('has the status and the reason that the client was sent instead of the response', async () => {
    const refusal = new RoundtripError('BAD_REQUEST', 'A chunk is malformed.')
    expect(await logged({ outcome: 'refused', bodyBytes: 9, refusal })).toMatchObject([
      {
        message: 'GET /a 400',
        facts: { status: 400, code: 'BAD_REQUEST', reason: 'A chunk is malformed.', outcome: 'refused', bodyBytes: 9 },
      },
    ])
  })

  it('may be kept to what went wrong, or left out', async () => {
    const complete = { outcome: 'complete', bodyBytes: 2 } as const
    expect(await logged(complete, false, 'errors')).toEqual([])
    expect(await logged(complete, false, 'errors', 404)).toHaveLength(1)
    expect(await logged({ outcome: 'truncated', bodyBytes: 1 }, false, 'errors')).toHaveLength(1)
    expect(accessLog({ which: 'none' })(ok)).toBe(ok)
  })

  it('keeps noise at debug level', async () => {
    expect(await logged({ outcome: 'complete', bodyBytes: 2 }, true)).toMatchObject([{ level: 'debug' }])
  })
})
