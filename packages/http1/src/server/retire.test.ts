import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { Fields, type HttpHandler, type ServerConnection } from '@roundtrip/http'
import { expect, it, onTestFinished } from 'vitest'
import { serveHttp1 } from './serve-http1.ts'

const silent = (): void => undefined
const log = { debug: silent, info: silent, warn: silent, error: silent }
const request = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'

const start = async (handler: HttpHandler): Promise<{ client: Socket; connection: Promise<ServerConnection> }> => {
  const serve = serveHttp1({ handler, scheme: 'http', log, trustRequestId: false })
  const accepted = Promise.withResolvers<ServerConnection>()
  const server = createServer({ allowHalfOpen: true }, (socket) =>
    accepted.resolve(serve(socket, { address: '127.0.0.1', port: 0 })),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(() => {
    client.destroy()
    server.close()
  })
  return { client, connection: accepted.promise }
}

it('answers what an idle client sends after all, says that this was the last, and closes', async () => {
  const { client, connection } = await start(async () => ({ status: 200, fields: Fields.of(), body: 'ok' }))
  client.write(request)
  const [first] = (await once(client, 'data')) as [Buffer]
  expect(first.toString()).not.toMatch(/connection: close/i)
  const retired = await connection
  retired.retire?.()
  client.write(request)
  expect(await text(client)).toMatch(/^HTTP\/1\.1 200 [^]*connection: close[^]*ok$/i)
  await retired.closed
})

it('makes the response in hand the last one', async () => {
  const held = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const { client, connection } = await start(async () => {
    begun.resolve()
    await held.promise
    return { status: 200, fields: Fields.of(), body: 'ok' }
  })
  client.write(request)
  await begun.promise
  const retired = await connection
  retired.retire?.()
  held.resolve()
  expect(await text(client)).toMatch(/connection: close[^]*ok$/i)
})
