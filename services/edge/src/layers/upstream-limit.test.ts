/** What a request counts as while it waits for its pool, and what those are told who are refused. */
import { PassThrough } from 'node:stream'
import type { HttpHandler, HttpResponse } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { testContext, testRequest, testResponse } from '../testing/messages.ts'
import type { LoadShedder } from './load-shedder.ts'
import { upstreamLimit } from './upstream-limit.ts'
import { testShedder } from '../testing/test-shedder.ts'

const waiting = (shedder: LoadShedder): number => shedder.status().waiting

describe('upstreamLimit', () => {
  it('counts a request as waiting until its head is there', async () => {
    const shedder = testShedder()
    const head = Promise.withResolvers<HttpResponse>()
    const answer = upstreamLimit({ shedder, priority: 'normal' })(() => head.promise)(testRequest(), testContext())
    expect(waiting(shedder)).toBe(1)
    head.resolve(testResponse())
    await answer
    expect(waiting(shedder)).toBe(0)
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
    const shedder = testShedder()
    const handler = upstreamLimit({ shedder, priority: 'normal' })(next)
    await expect((async () => handler(testRequest(), testContext()))()).rejects.toThrow('no')
    expect(waiting(shedder)).toBe(0)
  })

  it('lets nobody wait whose content has not arrived', async () => {
    const shedder = testShedder()
    const head = Promise.withResolvers<HttpResponse>()
    const body = new PassThrough()
    const handler = upstreamLimit({ shedder, priority: 'normal' })(() => head.promise)
    const answer = handler(testRequest({ method: 'POST', body }), testContext())
    expect(waiting(shedder)).toBe(0)
    const ended = new Promise((resolve) => body.once('end', resolve))
    body.resume().end('content')
    await ended
    expect(waiting(shedder)).toBe(1)
    head.resolve(testResponse())
    await answer
    expect(waiting(shedder)).toBe(0)
  })

  it('does not begin to count a request that was answered before its content ended', async () => {
    const shedder = testShedder()
    const body = new PassThrough()
    await upstreamLimit({ shedder, priority: 'normal' })(async () => testResponse())(
      testRequest({ body }),
      testContext(),
    )
    const ended = new Promise((resolve) => body.once('end', resolve))
    body.resume().end()
    await ended
    expect(waiting(shedder)).toBe(0)
  })

  it.each([
    [0, '1'],
    [0.999, '5'],
  ])('tells those it refuses when to come back, each a little differently: %d', async (random, retryAfter) => {
    const shedder = testShedder({ initialLimit: 1 })
    shedder.upstream('default').waits()
    const facts = {}
    const handler = upstreamLimit({ shedder, priority: 'normal', random: () => random })(async () => testResponse())
    const { status, fields, body } = await handler(testRequest(), testContext({ facts }))
    expect([status, fields.get('retry-after'), facts]).toEqual([503, retryAfter, { code: 'OVERLOADED' }])
    expect(JSON.parse(body as string)).toMatchObject({ code: 'OVERLOADED' })
    expect(waiting(shedder)).toBe(1)
  })
})
