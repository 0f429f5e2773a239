/** Compression behind real connections: whole answers decode, and clients that leave free what was encoding for them. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Fields } from '../fields.ts'
import type { HttpResponse } from '../message.ts'
import { connectSession, serveForTest, type Served } from '../testing.ts'
import { BodyEncoder } from './compress-body.ts'
import { compress } from './compress.ts'

const serveCompressed = async (protocol: 'http1' | 'http2', body: () => HttpResponse['body']) => {
  const encoder = new BodyEncoder()
  const layer = compress({ codings: ['gzip'], minBytes: 0, types: ['text/*'], credentialed: 'always', encoder })
  const handler = layer(async () => ({
    status: 200,
    fields: Fields.of({ 'content-type': 'text/plain' }),
    body: body(),
  }))
  return { served: await serveForTest(protocol, handler), encoder }
}

/** The response as it comes, and a way to leave. */
const ask = async (protocol: 'http1' | 'http2', served: Served): Promise<{ body: Readable; leave: () => void }> => {
  if (protocol === 'http2') {
    const stream = connectSession(served).request({ ':path': '/', 'accept-encoding': 'gzip' })
    await once(stream, 'response')
    return { body: stream, leave: () => stream.close(8) }
  }
  const request = httpRequest(served.origin, { headers: { 'accept-encoding': 'gzip' }, agent: false })
  const [response] = (await once(request.end(), 'response')) as [Readable]
  return { body: response.on('error', () => undefined), leave: () => request.destroy() }
}

const lines = (count: number): string[] => Array.from({ length: count }, (_, i) => `line ${i}\n`)

describe.each(['http1', 'http2'] as const)('over %s', (protocol) => {
  it('a stream and a body in memory arrive whole', async () => {
    for (const body of [() => Readable.from(lines(20_000)), () => Buffer.from(lines(20_000).join(''))]) {
      const { served } = await serveCompressed(protocol, body)
      const response = await ask(protocol, served)
      expect(gunzipSync(await buffer(response.body)).toString()).toBe(lines(20_000).join(''))
    }
  })

  it('a client that leaves frees encoder and source', async () => {
    const source = new Readable({
      read() {
        this.push(randomBytes(16_384))
      },
    })
    source.on('error', () => undefined)
    const closed = new Promise((resolve) => source.once('close', resolve))
    const { served, encoder } = await serveCompressed(protocol, () => source)
    const { body, leave } = await ask(protocol, served)
    await once(body, 'readable')
    expect(encoder.status().streams).toBe(1)
    leave()
    await closed
    expect(await served.delivery).toMatchObject({ outcome: 'aborted' })
    while (encoder.status().streams > 0) await new Promise(setImmediate)
  })
})
