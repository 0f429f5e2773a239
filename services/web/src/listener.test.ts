import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { Fields, type HttpHandler } from '@roundtrip/http'
import { createLogger } from '@roundtrip/service'
import { expect, it, onTestFinished } from 'vitest'
import { listen, type Listener } from './listener.ts'

const ask = 'GET /a HTTP/1.1\r\nHost: a.test\r\nX-Request-Id: r-1\r\n\r\n'

const start = async (
  handler: HttpHandler,
  drainGraceMs: number,
): Promise<{ listener: Listener; client: () => Promise<Socket> }> => {
  const log = createLogger('web', 'web-1', 'silent')
  const listener = await listen({ host: '127.0.0.1', port: 0, handler, log, drainGraceMs })
  onTestFinished(() => listener.close())
  const { port } = listener.server.address() as AddressInfo
  const client = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  return { listener, client }
}

const answering: HttpHandler = async (_request, { requestId }) => ({
  status: 200,
  fields: Fields.of({ 'x-request-id': requestId }),
  body: 'a',
})

it('keeps the request id of the tier in front, and the connection', async () => {
  const { client } = await start(answering, 0)
  const socket = await client()
  for (let count = 0; count < 2; count++) {
    socket.write(ask)
    const answer = String(await once(socket, 'data'))
    expect(answer).toContain('\r\nx-request-id: r-1\r\n')
    expect(answer).not.toContain('connection: close')
  }
})

it('answers a request that met its draining on an idle connection, as the last one there', async () => {
  const { client, listener } = await start(answering, 60_000)
  const socket = await client()
  socket.write(ask)
  await once(socket, 'data')
  const drained = listener.drain()
  socket.write(ask)
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 [^]*\r\nconnection: close\r\n\r\na$/)
  await drained
})

it('closes what stays idle while it drains, and refuses what is new', async () => {
  const { client, listener } = await start(answering, 0)
  const socket = await client()
  socket.write(ask)
  await once(socket, 'data')
  const drained = listener.drain()
  await expect(client()).rejects.toThrow('ECONNREFUSED')
  expect(await text(socket)).toBe('')
  await drained
})

it('breaks off what it is told to close', async () => {
  const begun = Promise.withResolvers<void>()
  const { client, listener } = await start(() => {
    begun.resolve()
    return new Promise(() => undefined)
  }, 60_000)
  const socket = await client()
  socket.write(ask)
  await begun.promise
  const drained = listener.drain()
  listener.close()
  expect(await text(socket)).toBe('')
  await drained
})
