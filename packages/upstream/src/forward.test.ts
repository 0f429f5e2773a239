import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Fields } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { bodyOf, bytesOf, startOrigin, testContext, testRequest, testUpstream, type Answer } from './testing.ts'

const say =
  (name: string): Answer =>
  (_request, response) =>
    response.end(name)

describe('forward', () => {
  it('sends the request on with the host the client asked for, and without what concerns one connection', async () => {
    const seen = Promise.withResolvers<{ url?: string; raw: string[]; body: string }>()
    const member = await startOrigin(async (request, response) => {
      seen.resolve({ url: request.url ?? '', raw: request.rawHeaders, body: await text(request) })
      response.writeHead(201, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Keep-Alive', 'timeout=9', 'X-Kept', 'yes'])
      response.end('created')
    })
    const { forward, members } = testUpstream([member])
    const context = testContext()
    const response = await forward(
      testRequest({
        method: 'POST',
        target: '/orders?a=1',
        fields: Fields.of({
          connection: 'close, x-secret',
          'x-secret': 'for this hop',
          'proxy-authorization': 'Basic x',
          te: 'trailers',
          upgrade: 'h2c',
          expect: '100-continue',
          'x-kept': 'yes',
        }),
        body: Readable.from([Buffer.from('hello '), Buffer.from('world')]),
      }),
      context,
    )
    const { url, raw, body } = await seen.promise
    expect({ url, body }).toEqual({ url: '/orders?a=1', body: 'hello world' })
    expect(Fields.fromRaw(raw).toRaw()).toEqual([
      'host',
      'www.roundtrip.test',
      'x-kept',
      'yes',
      'transfer-encoding',
      'chunked',
    ])
    expect(response.status).toBe(201)
    expect(response.fields.getAll('set-cookie')).toEqual(['a=1', 'b=2'])
    expect(response.fields.has('keep-alive') || response.fields.has('connection')).toBe(false)
    expect(response.fields.get('x-kept')).toBe('yes')
    expect(await bodyOf(response)).toBe('created')
    expect(context.facts).toEqual({ upstream: new URL(member).host, attempts: 1 })
    expect(members()).toEqual([expect.objectContaining({ state: 'healthy', inFlight: 0 })])
  })

  it('keeps an announced length, and passes compressed content untouched', async () => {
    const packed = Buffer.from([0x1f, 0x8b, 0, 1, 2])
    const member = await startOrigin((request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'x-length': request.headers['content-length'] ?? 'none' })
      request.resume().once('end', () => response.end(packed))
    })
    const response = await testUpstream([member]).forward(
      testRequest({
        method: 'PUT',
        fields: Fields.of({ 'content-length': 3 }),
        body: Readable.from([Buffer.from('abc')]),
      }),
      testContext(),
    )
    expect(response.fields.get('x-length')).toBe('3')
    expect(response.fields.get('content-encoding')).toBe('gzip')
    expect(await bytesOf(response)).toEqual(packed)
  })

  it('hands interim responses to the client that asked, and waits for the final one', async () => {
    const member = await startOrigin((_request, response) => {
      response.writeProcessing()
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      response.end('late')
    })
    const told: unknown[] = []
    const inform = (status: number, { flat }: Fields): void => void told.push([status, flat])
    const context = { ...testContext(), inform }
    const response = await testUpstream([member]).forward(testRequest(), context)
    expect([response.status, await bodyOf(response)]).toEqual([200, 'late'])
    expect(told).toEqual([
      [102, []],
      [103, ['link', '</a.css>; rel=preload']],
    ])
  })

  it('takes the members in turn', async () => {
    const [a, b] = [await startOrigin(say('a')), await startOrigin(say('b'))]
    const { forward } = testUpstream([a, b])
    const names: string[] = []
    for (let i = 0; i < 4; i++) names.push(await bodyOf(await forward(testRequest(), testContext())))
    expect(names).toEqual(['a', 'b', 'a', 'b'])
  })

  it('holds the member back while the client does not read', async () => {
    const chunk = Buffer.alloc(64 * 1024)
    const total = 64 * 1024 * 1024
    let sent = 0
    const member = await startOrigin((_request, response) => {
      const send = (): void => {
        while (sent < total) {
          sent += chunk.byteLength
          if (!response.write(chunk)) {
            response.once('drain', send)
            return
          }
        }
        response.end()
      }
      send()
    })
    const response = await testUpstream([member]).forward(testRequest(), testContext())
    for (let before = 0; before !== sent;) {
      before = sent
      // Both ends live in this event loop: when it has turned in vain this often, they wait for the reader.
      for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
    }
    expect(sent).toBeLessThan(total)
    expect((await bytesOf(response)).byteLength).toBe(total)
  })
})
