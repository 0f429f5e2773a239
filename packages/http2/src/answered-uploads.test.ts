/** Requests that were read to their end, and how the end of their answers is told. */
import { once } from 'node:events'
import { constants, type ClientHttp2Stream } from 'node:http2'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Fields } from '@roundtrip/http'
import { expect, it } from 'vitest'
import { ok, request, serveForTest, type TestServer } from './testing.ts'

it.each([
  ['in memory', (content: string) => content],
  ['streamed', (content: string) => Readable.from([Buffer.from(content)])],
])('an answer that arrived whole is complete: a body %s', async (_how, bodyOf) => {
  let gone: AbortSignal | undefined
  const server = await serveForTest(async ({ body }, { signal }) => {
    gone = signal
    const content = await text(body ?? Readable.from([]))
    return ok({ fields: Fields.of({ 'content-length': content.length }), body: bodyOf(content) })
  })
  const stream = request(server, { ':method': 'POST' }, false)
  stream.end('hello')
  expect(await text(stream)).toBe('hello')
  expect(await server.delivery).toEqual({ outcome: 'complete', bodyBytes: 5 })
  expect(gone?.aborted).toBe(false)
})

it.each<[string, (stream: ClientHttp2Stream, server: TestServer) => void]>([
  ['the client resets its stream', (stream) => stream.close(constants.NGHTTP2_CANCEL)],
  ['the client drops the connection', (stream) => stream.session?.destroy()],
  ['the server does', (_stream, server) => server.connections[0]?.destroy()],
])('one that no longer fits its window is aborted when %s', async (_who, breakOff) => {
  let gone: AbortSignal | undefined
  const server = await serveForTest(async ({ body }, { signal }) => {
    gone = signal
    await text(body ?? Readable.from([]))
    return ok({ body: Readable.from([Buffer.alloc(1_000_000)]) })
  })
  const stream = request(server, { ':method': 'POST' }, false)
  stream.end('hello')
  await once(stream, 'readable')
  breakOff(stream, server)
  expect((await server.delivery).outcome).toBe('aborted')
  expect(gone?.aborted).toBe(true)
})
