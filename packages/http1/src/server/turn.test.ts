/** A connection whose request waits for its turn, and ends meanwhile. */
import { setImmediate as endOfRound } from 'node:timers/promises'
import { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import type { Delivery } from '@roundtrip/http'
import { recordingLog, testResponse } from '@roundtrip/http/testing'
import { expect, it } from 'vitest'
import { Http1Connection } from './connection.ts'
import { ServerState } from './server-state.ts'

const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

/** Octets are given to the connection as they would come from a kernel, in one round of the event loop. */
const setUp = (whenHandled: (socket: Duplex) => void = () => undefined) => {
  const handled: string[] = []
  const deliveries: Delivery[] = []
  const state = new ServerState({
    handler: ({ target }, context) => {
      handled.push(target)
      whenHandled(socket)
      void context.delivered.then((delivery) => deliveries.push(delivery))
      return testResponse({ body: Buffer.from('hello') })
    },
    scheme: 'http',
    log: recordingLog(),
    trustRequestId: false,
    clock: () => 0,
    schedule: () => () => undefined,
  })
  // Until a cohort is gathered.
  for (let n = 0; n < 64; n++) state.cohort.add({ handle: () => undefined, send: () => undefined })
  let sent = ''
  const socket = new Duplex({
    read: () => undefined,
    write: (octets: Buffer, _encoding, done) => {
      sent += octets.toString('latin1')
      done()
    },
  })
  Object.assign(socket, { setNoDelay: () => socket })
  const connection = new Http1Connection(socket as unknown as Socket, { address: '::1', port: 1 }, state)
  return { connection, socket, handled, deliveries, sent: () => sent }
}

it('serves what waits for its turn', async () => {
  const { connection, handled, sent } = setUp()
  connection.receive(Buffer.from(request))
  expect(handled).toEqual([])
  await endOfRound()
  expect(handled).toEqual(['/'])
  expect(sent()).toMatch(/^HTTP\/1.1 200 .*hello$/s)
})

it('answers a client that ends its side in the same round', async () => {
  const { connection, socket, sent } = setUp()
  connection.receive(Buffer.from(request))
  socket.emit('end')
  await endOfRound()
  expect(sent()).toMatch(/^HTTP\/1.1 200 .*hello$/s)
})

it('handles once, and says that it was not delivered, when the connection is gone in the same round', async () => {
  const { connection, socket, handled, deliveries } = setUp()
  connection.receive(Buffer.from(request))
  socket.destroy()
  await endOfRound()
  await endOfRound()
  expect(handled).toEqual(['/'])
  expect(deliveries).toEqual([expect.objectContaining({ outcome: 'aborted' })])
})

it('does not take for delivered what is answered when the connection has just gone', async () => {
  const { connection, deliveries } = setUp((socket) => socket.destroy())
  connection.receive(Buffer.from(request))
  await endOfRound()
  await endOfRound()
  expect(deliveries).toEqual([expect.objectContaining({ outcome: 'aborted' })])
})

it('does not handle what is refused while it waits', async () => {
  const { connection, handled, sent } = setUp()
  connection.receive(Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'))
  connection.receive(Buffer.from('no length\r\n'))
  await endOfRound()
  expect(handled).toEqual([])
  expect(sent()).toMatch(/^HTTP\/1.1 400 /)
})
