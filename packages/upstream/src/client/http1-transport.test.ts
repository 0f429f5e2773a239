import { Readable } from 'node:stream'
import { Fields, type HttpRequest } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { contentOf, startScriptedOrigin, testClient, testRequest, testTransport } from './testing.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** What a next hop's octets are made of: the response, or the error. */
const answerTo = async (octets: string, request: Partial<HttpRequest> = {}, closes = false): Promise<unknown> => {
  const { origin } = await startScriptedOrigin((peer) => {
    void peer.read().then(() => {
      peer.send(octets)
      if (closes) peer.socket.end()
    })
  })
  const transport = testTransport(origin)
  try {
    const response = await transport.send(testRequest(request), testClient())
    return { status: response.status, content: await contentOf(response), open: transport.stats.open }
  } catch (error) {
    return error
  }
}

const headOf = async (request: Partial<HttpRequest>): Promise<string> => {
  const { origin, accept } = await startScriptedOrigin()
  const response = testTransport(origin).send(testRequest(request), testClient())
  const peer = await accept()
  const head = await peer.read()
  peer.send(ok)
  await response
  return head
}

describe('a request', () => {
  it("is one head, without what concerns the client's connection", async () => {
    const fields = Fields.of({
      connection: 'close, x-secret',
      'x-secret': '1',
      te: 'trailers',
      expect: '100-continue',
      'content-length': 7,
      'transfer-encoding': 'chunked',
      accept: '*/*',
    })
    expect(await headOf({ target: '/a?b=c', fields })).toBe(
      'GET /a?b=c HTTP/1.1\r\nhost: www.roundtrip.test\r\naccept: */*\r\n\r\n',
    )
  })

  it('says that its content is absent where content is expected', async () => {
    expect(await headOf({ method: 'POST' })).toContain('\r\ncontent-length: 0\r\n')
    expect(await headOf({ method: 'DELETE' })).not.toContain('content-length')
  })

  it.each([
    ['method', { method: 'GE T' }],
    ['target', { target: '/a b' }],
    ['target', { target: '/\r\nx: y' }],
    ['target', { target: '/\u0100' }],
    ['authority', { authority: 'a\r\nb' }],
    ['field value', { fields: Fields.of({ a: 'b\r\nc: d' }) }],
    ['field value', { fields: Fields.of({ a: '\u0100' }) }],
    ['field name', { fields: Fields.of({ 'a\r\nb': 'c' }) }],
    ['length', { fields: Fields.of({ 'content-length': '3, 3' }), body: Readable.from(['abc']) }],
  ])(
    'with a %s that would be another request on the wire is refused before anything is sent',
    async (_what, request) => {
      const { origin, connections } = await startScriptedOrigin()
      const ends: unknown[] = []
      const sent = testTransport(origin).send(testRequest(request), {
        ...testClient(),
        onEnd: (error) => ends.push(error),
      })
      await expect(sent).rejects.toMatchObject({ code: 'BAD_REQUEST', status: 400 })
      expect(connections()).toBe(0)
      expect(ends).toHaveLength(1)
    },
  )

  it.each([
    ['as long as announced', { 'content-length': 6 }, 'content-length: 6\r\n\r\nabcdef'],
    ['in chunks', {}, 'transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n'],
  ])('sends its content %s', async (_how, fields, wire) => {
    const { origin, accept } = await startScriptedOrigin()
    const body = Readable.from([Buffer.from('abc'), Buffer.from('def')])
    const response = testTransport(origin).send(
      testRequest({ method: 'PUT', fields: Fields.of(fields), body }),
      testClient(),
    )
    const peer = await accept()
    expect(await peer.read(wire.slice(-6))).toContain(wire)
    peer.send(ok)
    expect(await contentOf(await response)).toBe('ok')
  })

  it.each([
    ['shorter', 9],
    ['longer', 4],
  ])('whose content is %s than announced breaks the connection off', async (_how, length) => {
    const { origin, accept } = await startScriptedOrigin()
    const body = Readable.from([Buffer.from('abc'), Buffer.from('def')])
    const fields = Fields.of({ 'content-length': length })
    const response = testTransport(origin).send(testRequest({ method: 'PUT', fields, body }), testClient())
    const peer = await accept()
    await expect(response).rejects.toMatchObject({ code: 'BAD_REQUEST', source: 'downstream' })
    await peer.closed
    expect(peer.received).not.toContain('def'.repeat(2))
  })

  it("whose content fails is nobody's fault but the client's", async () => {
    const { origin, accept } = await startScriptedOrigin()
    const body = new Readable({ read() {} })
    body.push('abc')
    const response = testTransport(origin).send(testRequest({ method: 'PUT', body }), testClient())
    const peer = await accept()
    await peer.read('abc')
    body.destroy(new Error('gone'))
    await expect(response).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
    await peer.closed
  })

  it('refused before its content was sent is not sent on, and the connection not used again', async () => {
    const { origin, accept } = await startScriptedOrigin()
    const body = new Readable({ read() {} })
    body.push('abc')
    const transport = testTransport(origin)
    const response = transport.send(testRequest({ method: 'PUT', body }), testClient())
    const peer = await accept()
    await peer.read('abc')
    peer.send('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\n')
    const answer = await response
    expect(answer.status).toBe(413)
    expect(body.listenerCount('data')).toBe(0)
    peer.send('big')
    expect(await contentOf(answer)).toBe('big')
    await peer.closed
    expect(transport.stats).toMatchObject({ open: 0, inFlight: 0 })
  })

  it('may be answered while it is still being sent', async () => {
    const { origin, accept } = await startScriptedOrigin()
    const body = new Readable({ read() {} })
    const transport = testTransport(origin)
    const response = transport.send(testRequest({ method: 'POST', body }), testClient())
    const peer = await accept()
    await peer.read()
    peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    const answer = await response
    for (const word of ['one', 'two']) {
      body.push(word)
      await peer.read(word)
      peer.send(`3\r\n${word}\r\n`)
    }
    body.push(null)
    await peer.read('0\r\n\r\n')
    peer.send('0\r\n\r\n')
    expect(await contentOf(answer)).toBe('onetwo')
    expect(transport.stats).toMatchObject({ idle: 1, inFlight: 0 })
  })
})

describe('a response', () => {
  it.each([
    ['announced length', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc', 'abc'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n', 'abc'],
    ['no content', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', ''],
    [
      'interim responses before it',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok}`,
      'ok',
    ],
  ])('with %s leaves the connection for the next', async (_what, octets, content) => {
    expect(await answerTo(octets)).toEqual({ status: 200, content, open: 1 })
  })

  it.each([
    ['HEAD', { method: 'HEAD' }, 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n', 200],
    ['204', {}, 'HTTP/1.1 204 No Content\r\n\r\n', 204],
    ['304', {}, 'HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n', 304],
  ])('to %s has no content', async (_what, request, octets, status) => {
    expect(await answerTo(octets, request)).toEqual({ status, content: '', open: 1 })
  })

  it.each([
    ['its end is that of the connection', 'HTTP/1.1 200 OK\r\n\r\nabc', true],
    ['it says so', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc', false],
    ['it is HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc', false],
    ['something stands behind it', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n\r\n', false],
  ])('ends the connection when %s', async (_when, octets, closes) => {
    expect(await answerTo(octets, {}, closes)).toEqual({ status: 200, content: 'abc', open: 0 })
  })

  it.each([
    ['another protocol', '220 smtp ready\r\n'],
    ['no status', 'HTTP/1.1 OK\r\n\r\n'],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
    ['a status out of range', 'HTTP/1.1 999 No\r\n\r\n'],
    ['two ways to end', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na'],
    ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['a bare LF', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['a folded line', 'HTTP/1.1 200 OK\r\na: b\r\n c\r\nContent-Length: 0\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n'],
    ['NUL', 'HTTP/1.1 200 OK\r\na: \0\r\nContent-Length: 0\r\n\r\n'],
    ['an endless head', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(20_000)}`],
    ['an endless line', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(100_000)}`],
    ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
    ['interim responses without end', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000)],
    ['a wrong chunk size at once', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
  ])('with %s is refused, and the connection closed', async (_what, octets) => {
    const { origin, accept } = await startScriptedOrigin()
    const response = testTransport(origin).send(testRequest(), testClient())
    const peer = await accept()
    await peer.read()
    peer.send(octets)
    await expect(response).rejects.toMatchObject({ code: 'UPSTREAM_INVALID', status: 502, details: { sent: true } })
    await peer.closed
  })

  it('whose chunks turn out wrong later never looks whole', async () => {
    const { origin, accept } = await startScriptedOrigin()
    const response = testTransport(origin).send(testRequest(), testClient())
    const peer = await accept()
    await peer.read()
    peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
    const content = contentOf(await response)
    peer.send('-1\r\n')
    await expect(content).rejects.toMatchObject({ code: 'UPSTREAM_INVALID' })
    await peer.closed
  })

  it.each([
    ['announced', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'],
    ["without its last chunk's end", 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n'],
  ])('%s that breaks off is never taken for the whole', async (_what, octets) => {
    expect(await answerTo(octets, {}, true)).toMatchObject({ code: 'UPSTREAM_RESET', status: 502 })
  })

  it('that ends with a reset connection is never taken for the whole', async () => {
    const { origin, accept } = await startScriptedOrigin()
    const response = testTransport(origin).send(testRequest(), testClient())
    const peer = await accept()
    await peer.read()
    peer.send('HTTP/1.1 200 OK\r\n\r\nabc')
    const content = contentOf(await response)
    peer.socket.resetAndDestroy()
    await expect(content).rejects.toMatchObject({ code: 'UPSTREAM_RESET' })
  })

  it.each(['', 'HTTP/1.1 200 OK\r\nA: '])('whose head breaks off after %j is none', async (octets) => {
    expect(await answerTo(octets, {}, true)).toMatchObject({
      code: 'UPSTREAM_RESET',
      details: { sent: true, reused: false },
    })
  })

  it("is told end to end: its own connection's fields are not", async () => {
    const { origin, accept } = await startScriptedOrigin()
    const response = testTransport(origin).send(testRequest(), testClient())
    const peer = await accept()
    await peer.read()
    peer.send(
      'HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: 5\r\nX-Hop: 1\r\nX-End: 2\r\nContent-Length: 0\r\n\r\n',
    )
    expect((await response).fields.toRaw()).toEqual(['x-end', '2', 'content-length', '0'])
  })
})
