/** Compression behind a real connection: whole answers decode, and a client that leaves frees what was encoding for it. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { BodyEncoder, compress, Fields, type HttpResponse } from '@roundtrip/http'
import { expect, it } from 'vitest'
import { serveForTest, testResponse, type Served } from '../testing.ts'

const plainText = (): Fields => Fields.of({ 'content-type': 'text/plain' })

const serveCompressed = async (body: () => HttpResponse['body']): Promise<{ served: Served; encoder: BodyEncoder }> => {
  const encoder = new BodyEncoder()
  const layer = compress({ codings: ['gzip'], minBytes: 0, types: ['text/*'], credentialed: 'always', encoder })
  return { served: await serveForTest(layer(async () => testResponse({ fields: plainText(), body: body() }))), encoder }
}

const ask = async ({ origin }: Served): Promise<{ body: Readable; leave: () => void }> => {
  const outgoing = request(origin, { headers: { 'accept-encoding': 'gzip' }, agent: false })
  const [response] = (await once(outgoing.end(), 'response')) as [Readable]
  return { body: response.on('error', () => undefined), leave: () => outgoing.destroy() }
}

const content = Array.from({ length: 20_000 }, (_nothing, i) => `line ${i}\n`)

it.each<[string, () => HttpResponse['body']]>([
  ['a stream', () => Readable.from(content)],
  ['a body in memory', () => Buffer.from(content.join(''))],
])('%s arrives whole', async (_what, body) => {
  const { served } = await serveCompressed(body)
  const response = await ask(served)
  expect(gunzipSync(await buffer(response.body)).toString()).toBe(content.join(''))
})

it('a client that leaves frees encoder and source', async () => {
  const source = new Readable({
    read() {
      this.push(randomBytes(16_384))
    },
  })
  source.on('error', () => undefined)
  const closed = new Promise((resolve) => source.once('close', resolve))
  const { served, encoder } = await serveCompressed(() => source)
  const { body, leave } = await ask(served)
  await once(body, 'readable')
  expect(encoder.status().streams).toBe(1)
  leave()
  await closed
  expect(await served.delivery).toMatchObject({ outcome: 'aborted' })
  while (encoder.status().streams > 0) await new Promise(setImmediate)
})
