/** Compression behind a real connection: whole answers decode, and a client that leaves frees what was encoding for it. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { constants } from 'node:http2'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { BodyEncoder, compress, Fields, type HttpResponse } from '@roundtrip/http'
import { expect, it } from 'vitest'
import { ok, request, serveForTest, type TestServer } from './testing.ts'

const plainText = (): Fields => Fields.of({ 'content-type': 'text/plain' })

const serveCompressed = async (
  body: () => HttpResponse['body'],
): Promise<{ server: TestServer; encoder: BodyEncoder }> => {
  const encoder = new BodyEncoder()
  const layer = compress({ codings: ['gzip'], minBytes: 0, types: ['text/*'], credentialed: 'always', encoder })
  return { server: await serveForTest(layer(async () => ok({ fields: plainText(), body: body() }))), encoder }
}

const content = Array.from({ length: 20_000 }, (_nothing, i) => `line ${i}\n`)

it.each<[string, () => HttpResponse['body']]>([
  ['a stream', () => Readable.from(content)],
  ['a body in memory', () => Buffer.from(content.join(''))],
])('%s arrives whole', async (_what, body) => {
  const { server } = await serveCompressed(body)
  const stream = request(server, { 'accept-encoding': 'gzip' })
  expect(gunzipSync(await buffer(stream)).toString()).toBe(content.join(''))
})

it('a client that leaves frees encoder and source', async () => {
  const source = new Readable({
    read() {
      this.push(randomBytes(16_384))
    },
  })
  source.on('error', () => undefined)
  const closed = new Promise((resolve) => source.once('close', resolve))
  const { server, encoder } = await serveCompressed(() => source)
  const stream = request(server, { 'accept-encoding': 'gzip' })
  await once(stream, 'readable')
  expect(encoder.status().streams).toBe(1)
  stream.close(constants.NGHTTP2_CANCEL)
  await closed
  expect(await server.delivery).toMatchObject({ outcome: 'aborted' })
  while (encoder.status().streams > 0) await new Promise(setImmediate)
})
