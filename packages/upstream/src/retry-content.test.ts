import { once } from 'node:events'
import { constants, createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Fields, type HttpRequest } from '@roundtrip/http'
import { compose } from '@roundtrip/pipeline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startScriptedOrigin, type ScriptedOrigin } from './client/testing.ts'
import { createPool } from './pool.ts'
import { poolLayers, poolTerminal } from './pool-layers.ts'
import { poolSettingsOf, type PoolSettingsInput } from './settings/pool-settings.ts'
import { bodyOf, silentLog, testContext, testRequest } from './testing.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** Asks a pool through all its layers. */
const handlerOf = (settings: PoolSettingsInput) => {
  const pool = createPool('web', poolSettingsOf(settings), { log: silentLog })
  onTestFinished(() => pool.close())
  const handler = compose(poolLayers(pool), poolTerminal())
  return async (request: Partial<HttpRequest>): Promise<string> =>
    bodyOf(await handler(testRequest(request), testContext()))
}

const start = async (maxBufferedBytes?: number) => {
  const next = await startScriptedOrigin()
  const retry = { backoffBaseMs: 0, ...(maxBufferedBytes !== undefined && { maxBufferedBytes }) }
  return { next, ask: handlerOf({ members: [{ origin: next.origin }], retry }) }
}

/** A connection that has carried a request, so that it may be closed at any time. */
const keptConnection = async (next: ScriptedOrigin, ask: (request: Partial<HttpRequest>) => Promise<string>) => {
  const first = ask({})
  const peer = await next.accept()
  await peer.read()
  peer.send(ok)
  await first
  return peer
}

/** Content whose parts come when the test says so. */
const content = (): Readable => new Readable({ read() {} })

const put = (body: Readable, bytes?: number): Partial<HttpRequest> => ({
  method: 'PUT',
  fields: bytes === undefined ? Fields.of() : Fields.of({ 'content-length': bytes }),
  body,
})

describe('a kept connection that is closed instead of an answer', () => {
  it.each([
    ['of announced length', 5, 'hello'],
    ['in chunks', undefined, '5\r\nhello\r\n0\r\n\r\n'],
  ])('costs an idempotent request nothing: its content %s is sent again, whole', async (_what, bytes, onTheWire) => {
    const { next, ask } = await start()
    const kept = await keptConnection(next, ask)
    const body = content()
    body.push('hello')
    body.push(null)
    const answer = ask(put(body, bytes))
    await kept.read()
    await kept.read(onTheWire)
    kept.socket.resetAndDestroy()
    const fresh = await next.accept()
    expect(await fresh.read()).toMatch(/^PUT /)
    expect(await fresh.read(onTheWire)).toBe(onTheWire)
    fresh.send(ok)
    expect(await answer).toBe('ok')
    expect(fresh.received).toBe('')
  })

  it('finds content that is still coming: what came is sent again, then what comes', async () => {
    const { next, ask } = await start()
    const kept = await keptConnection(next, ask)
    const body = content()
    body.push('hel')
    const answer = ask(put(body, 5))
    await kept.read('\r\n\r\nhel')
    kept.socket.resetAndDestroy()
    const fresh = await next.accept()
    await fresh.read('\r\n\r\nhel')
    body.push('lo')
    body.push(null)
    expect(await fresh.read('lo')).toBe('lo')
    fresh.send(ok)
    expect(await answer).toBe('ok')
  })

  it.each([
    ['announced', 5],
    ['found on the way', undefined],
  ])('fails content longer than is kept, as %s: half of it would be another request', async (_how, bytes) => {
    const { next, ask } = await start(4)
    const kept = await keptConnection(next, ask)
    const body = content()
    body.push('hello')
    body.push(null)
    const answer = ask(put(body, bytes))
    await kept.read('hello')
    kept.socket.resetAndDestroy()
    await expect(answer).rejects.toMatchObject({ code: 'UPSTREAM_RESET', status: 502 })
    expect(next.connections()).toBe(1)
  })

  it('fails a POST: it may have been acted on', async () => {
    const { next, ask } = await start()
    const kept = await keptConnection(next, ask)
    const body = content()
    body.push('hello')
    const answer = ask({ ...put(body, 10), method: 'POST' })
    await kept.read('hello')
    kept.socket.resetAndDestroy()
    await expect(answer).rejects.toMatchObject({ code: 'UPSTREAM_RESET', details: { sent: true } })
    expect(next.connections()).toBe(1)
  })
})

it('a head that breaks off is no answer either: the next attempt gets all of the content', async () => {
  const { next, ask } = await start()
  const body = content()
  body.push('hel')
  const answer = ask(put(body, 5))
  const broken = await next.accept()
  await broken.read('hel')
  broken.socket.end('HTTP/1.1 200')
  const fresh = await next.accept()
  await fresh.read('hel')
  body.push('lo')
  body.push(null)
  await fresh.read('lo')
  fresh.send(ok)
  expect(await answer).toBe('ok')
})

it('an HTTP/2 stream refused when content was under way takes nothing away: a POST is sent again, whole', async () => {
  const received: string[] = []
  const server = createServer()
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => undefined)
    if (received.length === 0) {
      stream.once('data', (part: Buffer) => {
        received.push(part.toString())
        stream.close(constants.NGHTTP2_REFUSED_STREAM)
      })
    } else {
      void text(stream).then((all) => {
        received.push(all)
        stream.respond({ ':status': 200 })
        stream.end('ok')
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const body = content()
  body.push('hel')
  const answer = handlerOf({ members: [{ origin }], protocol: 'http2' })({ method: 'POST', body })
  while (received.length === 0) await new Promise(setImmediate)
  body.push('lo')
  body.push(null)
  expect(await answer).toBe('ok')
  expect(received).toEqual(['hel', 'hello'])
})
