import { Readable } from 'node:stream'
import { Fields, type HttpContext } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import {
  bodyOf,
  startClosedOrigin,
  startOrigin,
  startRawOrigin,
  testContext,
  testRequest,
  testUpstream,
} from './testing.ts'
import type { UpstreamOptions } from './upstream.ts'

const failure = async (member: string, overrides: Partial<UpstreamOptions> = {}): Promise<unknown> =>
  testUpstream([member], overrides)
    .forward(testRequest(), testContext())
    .catch((error: unknown) => error)

describe('what goes wrong with a member', () => {
  it('nobody listens: 502', async () => {
    expect(await failure(await startClosedOrigin())).toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
      status: 502,
      details: { sent: false },
    })
  })

  it('no head in time: 504', async () => {
    const member = await startRawOrigin(() => {})
    expect(await failure(member, { firstByteTimeoutMs: 30 })).toMatchObject({ code: 'UPSTREAM_TIMEOUT', status: 504 })
  })

  it('closed before the head: 502', async () => {
    expect(await failure(await startRawOrigin((socket) => socket.resetAndDestroy()))).toMatchObject({
      code: 'UPSTREAM_RESET',
    })
    expect(await failure(await startRawOrigin((socket) => socket.end('HTTP/1.1 200 OK\r\nA: ')))).toMatchObject({
      status: 502,
    })
  })

  it('not HTTP: 502', async () => {
    expect(await failure(await startRawOrigin((socket) => socket.end('220 smtp ready\r\n')))).toMatchObject({
      code: 'UPSTREAM_INVALID',
    })
    const long = `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`
    expect(await failure(await startRawOrigin((socket) => socket.end(long)))).toMatchObject({
      code: 'UPSTREAM_INVALID',
    })
    const double = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
    expect(await failure(await startRawOrigin((socket) => socket.end(double)))).toMatchObject({
      code: 'UPSTREAM_INVALID',
    })
  })

  it('no free connection in time: 504', async () => {
    const member = await startRawOrigin(() => {})
    const { forward } = testUpstream([member], {
      maxConnectionsPerMember: 1,
      connectTimeoutMs: 300,
      firstByteTimeoutMs: 30,
    })
    const both = [forward(testRequest(), testContext()), forward(testRequest(), testContext())]
    const codes = (await Promise.allSettled(both)).map((one) => one.status === 'rejected' && one.reason.code)
    expect(codes).toEqual(['UPSTREAM_TIMEOUT', 'UPSTREAM_TIMEOUT'])
  })

  it('content that breaks off makes the stream fail, so that a part is not taken for the whole', async () => {
    const member = await startRawOrigin((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', () => socket.destroy()),
    )
    const response = await testUpstream([member]).forward(testRequest(), testContext())
    await expect(bodyOf(response)).rejects.toMatchObject({ source: 'upstream' })
  })

  it('content that stalls makes the stream fail', async () => {
    const member = await startRawOrigin((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'))
    const response = await testUpstream([member], { bodyTimeoutMs: 30 }).forward(testRequest(), testContext())
    await expect(bodyOf(response)).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
  })

  it('what the client sent cannot be put on the wire: its own 400', async () => {
    const member = await startOrigin((_request, response) => response.end())
    const { forward } = testUpstream([member])
    await expect(forward(testRequest({ target: '/a b' }), testContext())).rejects.toMatchObject({ status: 400 })
    const short = testRequest({
      method: 'POST',
      fields: Fields.of({ 'content-length': 9 }),
      body: Readable.from([Buffer.from('abc')]),
    })
    await expect(forward(short, testContext())).rejects.toMatchObject({ status: 400, source: 'downstream' })
  })
})

describe('a client that goes away', () => {
  it('calls the work of the member off, before and after the head', async () => {
    for (const withHead of [false, true]) {
      const arrived = Promise.withResolvers<void>()
      const left = Promise.withResolvers<void>()
      const member = await startOrigin((_request, response) => {
        if (withHead) response.write('part')
        response.once('close', () => left.resolve())
        arrived.resolve()
      })
      const { forward, members } = testUpstream([member])
      const client = new AbortController()
      const answer = forward(testRequest(), testContext({ signal: client.signal })).then(bodyOf)
      await arrived.promise
      client.abort()
      await expect(answer).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
      await left.promise
      expect(members()[0]).toMatchObject({ state: 'healthy', inFlight: 0 })
    }
  })

  it('is not served at all when it left before', async () => {
    const { forward } = testUpstream([await startClosedOrigin()])
    const gone = testContext({ signal: AbortSignal.abort() })
    await expect(forward(testRequest(), gone)).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
  })

  it('while the request waits for a connection, frees its place', async () => {
    const answers: (() => void)[] = []
    let arrived = Promise.withResolvers<void>()
    const member = await startOrigin((request, response) => {
      answers.push(() => response.end(request.url))
      arrived.resolve()
    })
    const { forward } = testUpstream([member], { maxConnectionsPerMember: 1 })
    const ask = (target: string, context: HttpContext = testContext()) =>
      forward(testRequest({ target }), context).then(bodyOf)
    const first = ask('/1')
    await arrived.promise
    const client = new AbortController()
    const second = ask('/2', testContext({ signal: client.signal }))
    client.abort()
    await expect(second).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
    arrived = Promise.withResolvers()
    const third = ask('/3')
    answers.shift()?.()
    expect(await first).toBe('/1')
    await arrived.promise
    answers.shift()?.()
    expect(await third).toBe('/3')
  })
})
