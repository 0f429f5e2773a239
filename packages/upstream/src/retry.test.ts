import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { HttpHandler } from '@roundtrip/http'
import { compose } from '@roundtrip/pipeline'
import { describe, expect, it } from 'vitest'
import { retry } from './retry.ts'
import {
  bodyOf,
  startClosedOrigin,
  startOrigin,
  startRawOrigin,
  testContext,
  testRequest,
  testUpstream,
} from './testing.ts'
import type { Upstream } from './upstream.ts'

const retrying = (upstream: Upstream): HttpHandler => compose([['retry', retry()]], ['forward', upstream.forward])

describe('retry', () => {
  it('gives a request nobody received to another member, whatever its method', async () => {
    const alive = await startOrigin(async (request, response) => void response.end(await text(request)))
    const handler = retrying(testUpstream([await startClosedOrigin(), alive]))
    const context = testContext()
    const request = testRequest({ method: 'POST', body: Readable.from([Buffer.from('once')]) })
    expect(await bodyOf(await handler(request, context))).toBe('once')
    expect(context.facts).toEqual({ upstream: new URL(alive).host, attempts: 2 })
  })

  it('repeats a read that may have been received, not a write', async () => {
    const alive = await startOrigin((_request, response) => void response.end('ok'))
    const resetting = await startRawOrigin((socket) => socket.resetAndDestroy())
    expect(await bodyOf(await retrying(testUpstream([resetting, alive]))(testRequest(), testContext()))).toBe('ok')
    const write = retrying(testUpstream([resetting, alive]))(testRequest({ method: 'POST' }), testContext())
    await expect(write).rejects.toMatchObject({ code: 'UPSTREAM_RESET' })
  })

  it('tries twice at most, and never after an answer was waited for in vain', async () => {
    const context = testContext()
    const dead = testUpstream([await startClosedOrigin(), await startClosedOrigin(), await startClosedOrigin()])
    await expect(retrying(dead)(testRequest(), context)).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' })
    expect(context.facts['attempts']).toBe(2)
    const slow = testUpstream([await startRawOrigin(() => {})], { firstByteTimeoutMs: 30 })
    const single = testContext()
    await expect(retrying(slow)(testRequest(), single)).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
    expect(single.facts['attempts']).toBe(1)
  })

  it('hides a kept connection that the member closed just then', async () => {
    let answered = 0
    const member = await startOrigin((request, response) => {
      // The second request on each connection meets a server that has just closed it.
      if (answered++ % 2 === 1) request.socket.resetAndDestroy()
      else response.end('ok')
    })
    const handler = retrying(testUpstream([member]))
    for (let i = 0; i < 4; i++) expect(await bodyOf(await handler(testRequest(), testContext()))).toBe('ok')
  })
})
