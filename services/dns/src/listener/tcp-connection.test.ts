import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { frameMessage } from '@roundtrip/dns-wire'
import { expect, test } from 'vitest'
import { TcpConnection } from './tcp-connection.ts'

const log = { debug: () => undefined, warn: () => undefined, error: () => undefined }

/** A connection whose client sends what the test says and takes what the test lets it. */
const open = (response: Promise<Uint8Array>, maxPipelined: number) => {
  const taken: (() => void)[] = []
  const socket = new Duplex({
    writableHighWaterMark: 100,
    read: () => undefined,
    write: (_chunk, _encoding, done) => taken.push(done),
  })
  const seen = { queries: 0, closed: false }
  const connection = new TcpConnection(socket as Socket, {
    answer: () => {
      seen.queries += 1
      return response
    },
    log,
    idleTimeoutMs: 60_000,
    maxQueryBytes: 100,
    maxPipelined,
    onQuery: () => undefined,
    onClose: () => (seen.closed = true),
  })
  return { socket, connection, seen, taken }
}

const tenQueries = Buffer.concat(Array.from({ length: 10 }, () => frameMessage(new Uint8Array(12))))

test('a client that does not read is not answered into memory', async () => {
  const { socket, seen, taken } = open(Promise.resolve(new Uint8Array(200)), 1)
  socket.push(tenQueries)
  await turn()
  // One answer fills the buffer, so the second question has to wait.
  expect(seen.queries).toBe(1)
  expect(socket.isPaused()).toBe(true)
  while (seen.queries < 10) {
    taken.shift()?.()
    await turn()
  }
  expect(socket.isPaused()).toBe(false)
  socket.destroy()
})

test('only so many queries are worked on at a time, and all before the connection ends', async () => {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>()
  const { socket, connection, seen, taken } = open(promise, 4)
  // A plain stream has no destroySoon; ending it is the part of it that shows here.
  Object.assign(socket, { destroySoon: () => socket.end() })
  socket.push(tenQueries)
  await turn()
  expect(seen.queries).toBe(4)
  connection.finish()
  expect(socket.writableEnded).toBe(false)
  resolve(new Uint8Array(12))
  while (!socket.writableEnded) {
    taken.shift()?.()
    await turn()
  }
  expect(seen.queries).toBe(10)
  socket.destroy()
})

test('closing is told, and the idle timer goes with it', async () => {
  const { socket, seen } = open(Promise.resolve(new Uint8Array(12)), 1)
  socket.destroy()
  await turn()
  expect(seen.closed).toBe(true)
})
