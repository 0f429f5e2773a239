/** What a request counts as, from its first byte to its last, and what those are told who are refused. */
import { PassThrough } from 'node:stream'
import type { HttpHandler, HttpResponse, SettledListener } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { testContext, testRequest, testResponse } from '../testing/messages.ts'
import { loadShed } from './load-shed.ts'
import { LoadShedder } from './load-shedder.ts'

const shedderFor = (initialLimit = 100): LoadShedder =>
  new LoadShedder({
    initialLimit,
    minLimit: 1,
    maxLimit: 1000,
    tolerance: 2,
    windowMs: 500,
    maxOpen: 1000,
    maxLoopDelayMs: 200,
    clock: () => 0,
    schedule: () => () => undefined,
  })

const counts = (shedder: LoadShedder): unknown => {
  const { waiting, open } = shedder.status()
  return { waiting, open }
}

describe('loadShed', () => {
  it('counts a request as waiting until its head is there, and as open until it is delivered', async () => {
    const shedder = shedderFor()
    const head = Promise.withResolvers<HttpResponse>()
    let settled: SettledListener | undefined
    const answer = loadShed({ shedder, priority: 'normal' })(() => head.promise)(
      testRequest(),
      testContext({ onSettled: (listener) => void (settled = listener) }),
    )
    expect(counts(shedder)).toEqual({ waiting: 1, open: 1 })
    head.resolve(testResponse())
    await answer
    expect(counts(shedder)).toEqual({ waiting: 0, open: 1 })
    settled?.({ outcome: 'complete', bodyBytes: 0 })
    expect(counts(shedder)).toEqual({ waiting: 0, open: 0 })
  })

  it.each<[string, HttpHandler]>([
    ['rejects', () => Promise.reject(new Error('no'))],
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
  ])('forgets nobody when what is below %s', async (_how, next) => {
    const shedder = shedderFor()
    const handler = loadShed({ shedder, priority: 'normal' })(next)
    await expect((async () => handler(testRequest(), testContext()))()).rejects.toThrow('no')
    expect(counts(shedder)).toEqual({ waiting: 0, open: 1 })
  })

  it('lets nobody wait whose content has not arrived', async () => {
    const shedder = shedderFor()
    const head = Promise.withResolvers<HttpResponse>()
    const body = new PassThrough()
    const handler = loadShed({ shedder, priority: 'normal' })(() => head.promise)
    const answer = handler(testRequest({ method: 'POST', body }), testContext())
    expect(counts(shedder)).toEqual({ waiting: 0, open: 1 })
    const ended = new Promise((resolve) => body.once('end', resolve))
    body.resume().end('content')
    await ended
    expect(counts(shedder)).toEqual({ waiting: 1, open: 1 })
    head.resolve(testResponse())
    await answer
    expect(counts(shedder)).toEqual({ waiting: 0, open: 1 })
  })

  it('does not begin to count a request that was answered before its content ended', async () => {
    const shedder = shedderFor()
    const body = new PassThrough()
    await loadShed({ shedder, priority: 'normal' })(async () => testResponse())(testRequest({ body }), testContext())
    const ended = new Promise((resolve) => body.once('end', resolve))
    body.resume().end()
    await ended
    expect(counts(shedder)).toEqual({ waiting: 0, open: 1 })
  })

  it.each([
    [0, '1'],
    [0.999, '5'],
  ])('tells those it refuses when to come back, each a little differently: %d', async (random, retryAfter) => {
    const shedder = shedderFor(1)
    shedder.upstream('default').waits()
    const facts = {}
    const handler = loadShed({ shedder, priority: 'normal', random: () => random })(async () => testResponse())
    const { status, fields, body } = await handler(testRequest(), testContext({ facts }))
    expect([status, fields.get('retry-after'), facts]).toEqual([503, retryAfter, { code: 'OVERLOADED' }])
    expect(JSON.parse(body as string)).toMatchObject({ code: 'OVERLOADED' })
    expect(counts(shedder)).toEqual({ waiting: 1, open: 0 })
  })
})
