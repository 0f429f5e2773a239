/** For tests: attackers on bare connections, and another client that goes on being served. */
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { expect } from 'vitest'
import { preface } from './http2-frames.ts'
import { ask, askHttp2, connectRaw, connectSession, type TestEdge } from './test-edge.ts'

/** Another client, over both protocols, on connections it had before and on new ones. */
export const startBystander = async (edge: TestEdge) => {
  const session = connectSession(edge)
  const isServed = async (): Promise<boolean> => {
    const replies = await Promise.all([ask(edge, '/'), askHttp2(session, { ':path': '/' })])
    return replies.every(({ status, text }) => status === 200 && text === 'served')
  }
  expect(await isServed()).toBe(true)
  return isServed
}

/** However it ends: `once` would fail with the reset. */
export const closed = (socket: Socket): Promise<unknown> =>
  new Promise((resolve) => {
    if (socket.destroyed) resolve(undefined)
    else
      socket
        .on('error', () => undefined)
        .once('close', resolve)
        .resume()
  })

export const attackHttp2 = async (edge: TestEdge, octets: Buffer): Promise<TLSSocket> => {
  const socket = await connectRaw(edge, { ALPNProtocols: ['h2'] })
  socket.write(Buffer.concat([preface, octets]))
  return socket
}
