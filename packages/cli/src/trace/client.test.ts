import { setImmediate } from 'node:timers/promises'
import { Fields } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { clientFor, expectContiguous, phasesOf, trace } from './testing/client.ts'
import { host } from './testing/pki.ts'
import { answer, startHttp, startHttps } from './testing/servers.ts'

describe.each([
  ['h2', '2'],
  ['http/1.1', '1.1'],
] as const)('a request over %s', (protocol, httpVersion) => {
  it('goes through every phase, one after another', async () => {
    const { port } = await startHttps()
    const seen = await trace(`https://${host}:${port}/a?b=c`, { protocols: [protocol] })
    expect(seen.failure).toBeUndefined()
    expect(phasesOf(seen)).toEqual(['url', 'name', 'connect', 'tls', 'request', 'wait', 'transfer'])
    expectContiguous(seen)
    expect(seen).toMatchObject({
      kind: 'cold',
      name: { source: 'dns', addresses: ['127.0.0.1'], ttlSeconds: 30 },
      connect: [{ address: '127.0.0.1', port }],
      tls: { protocol: 'TLSv1.3', alpn: protocol, resumed: false },
      response: { status: 200, statusText: 'OK', httpVersion, bodyBytes: 5 },
    })
    expect(seen.tls?.certificates).toMatchObject([
      { subject: host, names: expect.arrayContaining([host, '127.0.0.1']), daysLeft: 0 },
      { subject: expect.stringMatching(/^Roundtrip local CA/) },
    ])
    expect(seen.serverTiming.map(({ name }) => name)).toEqual(['cache', 'db', 'app', 'web', 'edge'])
  })

  it('carries method, fields, content and a sampled trace', async () => {
    let content = ''
    const { port, requests } = await startHttps((request, response) => {
      request.on('data', (chunk: Buffer) => (content += String(chunk)))
      request.on('end', () => answer(request, response))
    })
    const fields = Fields.of({ 'x-a': '1', 'content-type': 'application/json' })
    const body = Buffer.from(`{"long":"${'x'.repeat(200_000)}"}`)
    const seen = await trace(`https://${host}:${port}/orders`, { protocols: [protocol], method: 'PUT', fields, body })
    expect(seen.failure).toBeUndefined()
    expect(content).toBe(String(body))
    expect(requests[0]?.method).toBe('PUT')
    expect(requests[0]?.url).toBe('/orders')
    const { headers } = requests[0] ?? {}
    expect(headers).toMatchObject({
      'x-a': '1',
      'content-type': 'application/json',
      'content-length': String(body.byteLength),
      traceparent: `00-${'07'.repeat(16)}-${'07'.repeat(8)}-01`,
    })
    expect(headers?.host ?? headers?.[':authority']).toBe(`${host}:${port}`)
    expect(seen.request).toMatchObject({ traceId: '07'.repeat(16), bodyBytes: body.byteLength, fieldCount: 5 })
    expectContiguous(seen)
  })

  it.each(['HEAD', 'OPTIONS'])('ends without content: %s', async (method) => {
    const { port } = await startHttps((_request, response) => {
      response.statusCode = 204
      response.end('')
    })
    const seen = await trace(`https://${host}:${port}/`, { protocols: [protocol], method })
    expect(seen).toMatchObject({ response: { status: 204, bodyBytes: 0 } })
    expect(seen.failure).toBeUndefined()
  })

  it('may be answered before it is sent whole', async () => {
    const { port } = await startHttps((request, response) => {
      response.statusCode = 413
      response.end('too much')
      request.resume()
    })
    const body = Buffer.alloc(5_000_000)
    const seen = await trace(`https://${host}:${port}/`, { protocols: [protocol], method: 'POST', body })
    expect(seen).toMatchObject({ response: { status: 413, bodyBytes: 8 } })
    expectContiguous(seen)
  })

  it('is warm when it is repeated: session resumed, then connection kept', async () => {
    const { port } = await startHttps()
    const client = await clientFor(`https://${host}:${port}/`, { protocols: [protocol] })
    const cold = await client.run('cold')
    const resumed = await client.run('resumed')
    const kept = await client.run('kept')
    const again = await client.run('kept')
    expect([cold, resumed, kept, again].map(({ failure }) => failure)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect([cold.tls?.resumed, resumed.tls?.resumed]).toEqual([false, true])
    expect(resumed.name?.source).toBe('cache')
    expect([kept.kind, again.kind]).toEqual(['kept', 'kept'])
    expect(phasesOf(kept)).toEqual(['url', 'request', 'wait', 'transfer'])
    expect(kept.tls).toBeUndefined()
    for (const one of [resumed, kept, again]) expectContiguous(one)
  })

  it('opens a connection when the server has closed the kept one', async () => {
    const { port } = await startHttps((request, response) => {
      if (protocol === 'http/1.1') response.setHeader('connection', 'close')
      answer(request, response)
      if ('stream' in request) request.stream.session?.close()
    })
    const client = await clientFor(`https://${host}:${port}/`, { protocols: [protocol] })
    await client.run('cold')
    const second = await client.run('kept')
    expect(second.failure).toBeUndefined()
    expect(second).toMatchObject({ kind: 'resumed', tls: { resumed: true } })
  })

  it.each(['connection', 'stream'])('shows how far a response came that breaks off: %s', async (what) => {
    const { port } = await startHttps((request, response) => {
      response.setHeader('content-length', '100')
      response.write('part', () => {
        if (what === 'connection' && 'stream' in request) request.stream.session?.destroy()
        else request.socket.destroy()
      })
    })
    const seen = await trace(`https://${host}:${port}/`, { protocols: [protocol] })
    expect(seen.response).toMatchObject({ status: 200, bodyBytes: 4 })
    expect(seen.failure).toMatchObject({
      code: 'UPSTREAM_RESET',
      phase: 'transfer',
      message: expect.stringContaining('broke off after the head and 4 bytes of content'),
    })
    expectContiguous(seen)
  })

  it.each([200, 304])('believes what HEAD and 304 announce: %i', async (status) => {
    const { port } = await startHttps((_request, response) => {
      response.setHeader('content-length', '100')
      response.statusCode = status
      response.end('')
    })
    const method = status === 200 ? 'HEAD' : 'GET'
    expect((await trace(`https://${host}:${port}/`, { protocols: [protocol], method })).failure).toBeUndefined()
  })

  it.each([
    ['wait', /^No response in time/],
    ['transfer', /stopped after the head and \d bytes/],
  ])('is given up when it takes too long: %s', async (phase, message) => {
    const giveUp = new AbortController()
    const { port } = await startHttps((_request, response) => phase === 'transfer' && response.write('part'))
    const client = await clientFor(`https://${host}:${port}/`, { protocols: [protocol], deadline: () => giveUp.signal })
    const running = client.run('cold')
    while (client.phase() !== phase) await setImmediate()
    giveUp.abort()
    expect((await running).failure).toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
      phase,
      message: expect.stringMatching(message),
    })
  })
})

describe('TLS 1.2', () => {
  it('resumes as well', async () => {
    const { port } = await startHttps(answer, { maxVersion: 'TLSv1.2' })
    const client = await clientFor(`https://${host}:${port}/`)
    expect((await client.run('cold')).tls).toMatchObject({ protocol: 'TLSv1.2', resumed: false })
    expect((await client.run('resumed')).tls).toMatchObject({ protocol: 'TLSv1.2', resumed: true })
  })
})

describe('without TLS', () => {
  it('is HTTP/1.1, and the phase is left out', async () => {
    const { port } = await startHttp()
    const seen = await trace(`http://${host}:${port}/`)
    expect(seen).toMatchObject({ response: { httpVersion: '1.1', bodyBytes: 5 } })
    expect(phasesOf(seen)).toEqual(['url', 'name', 'connect', 'request', 'wait', 'transfer'])
  })
})

describe('a trace of somebody else', () => {
  it('goes on with its id', async () => {
    const { port } = await startHttp()
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    const seen = await trace(`http://${host}:${port}/`, { fields: Fields.of({ traceparent }) })
    expect(seen.request.traceId).toBe('a'.repeat(32))
  })
})

describe('a connection elsewhere', () => {
  it('leaves the URL as it is', async () => {
    const { port, requests } = await startHttps()
    const seen = await trace(`https://${host}/`, { connectPort: port, protocols: ['http/1.1'] })
    expect(seen.failure).toBeUndefined()
    expect(requests[0]?.headers.host).toBe(host)
    expect(seen.request.url).toBe(`https://${host}/`)
  })
})
