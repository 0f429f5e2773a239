import type { Socket } from 'node:net'
import type { HttpHandler } from '@roundtrip/http'
import { expect, it } from 'vitest'
import { connectRaw, serveForTest, testResponse } from '../testing.ts'
import { serveTlsForTest } from '../testing-tls.ts'

/** More together than kernels hold back for clients that do not read. */
const rounds = 1500
const bodyBytes = 7000

/** Content that tells whom it is for. */
const marked: HttpHandler = ({ target }) => testResponse({ body: Buffer.alloc(bodyBytes, target.slice(1)) })

const overPlain = async (): Promise<() => Promise<Socket>> => {
  const served = await serveForTest(marked)
  return () => connectRaw(served)
}

it.each([
  ['in plain text', overPlain],
  ['over TLS', () => serveTlsForTest(marked)],
])('clients that begin to read late get their own answers: %s', async (_how, serve) => {
  const connect = await serve()
  const sockets = [await connect(), await connect()]
  const received = sockets.map(() => '')
  for (const [place, socket] of sockets.entries()) {
    socket.on('data', (data: Buffer) => (received[place] += data.toString('latin1')))
    socket.pause()
  }
  // One by one: what is sent ahead together is answered together, another way.
  for (let n = 0; n < rounds; n++) {
    for (const [place, socket] of sockets.entries()) {
      socket.write(`GET /${place}-${n}. HTTP/1.1\r\nHost: a\r\n\r\n`)
      await new Promise(setImmediate)
    }
  }
  for (const socket of sockets) socket.resume()
  await expect.poll(() => received.every((text) => text.length > rounds * bodyBytes)).toBe(true)
  for (const [place, text] of received.entries()) {
    const bodies = [...text.matchAll(new RegExp(`\r\n\r\n(.{${bodyBytes}})`, 'g'))].map(([, body = '']) => body)
    expect(bodies).toHaveLength(rounds)
    const wrong = bodies.filter((body, n) => !Buffer.alloc(bodyBytes, `${place}-${n}.`).equals(Buffer.from(body)))
    expect(wrong.map((body) => body.slice(0, 20))).toEqual([])
  }
})
