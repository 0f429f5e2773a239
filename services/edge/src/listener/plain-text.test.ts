import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { serveHttp1 } from '@roundtrip/http1'
import { Fields, type HttpHandler } from '@roundtrip/http'
import { expect, it, onTestFinished } from 'vitest'
import { recordingLog } from '../testing/test-edge.ts'
import { stubProtocols } from '../testing/stub-protocols.ts'
import { defaultListenerSettings } from './listener-settings.ts'
import { listen } from './listener.ts'

const handler: HttpHandler = async () => ({ status: 200, fields: Fields.of(), body: 'ok' })

const start = async (): Promise<Socket> => {
  const { log } = recordingLog()
  const http1 = serveHttp1({ handler, scheme: 'http', log, trustRequestId: false })
  const listener = await listen({
    source: { host: '127.0.0.1', port: 0 },
    settings: defaultListenerSettings,
    protocolsFor: () => ({ ...stubProtocols, http1 }),
    log,
  })
  const socket = connect(listener.port, '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
    listener.close()
  })
  await once(socket, 'connect')
  return socket
}

it('prior knowledge of HTTP/2 is refused in plain text, and the connection closed', async () => {
  const socket = await start()
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 (?:400|505) [^]*connection: close/i)
})

it('a wish to go on with HTTP/2 is not heard', async () => {
  const socket = await start()
  const fields = 'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n'
  socket.write(`GET / HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`)
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*ok$/)
})

it('a client that has ended its side still hears the answer', async () => {
  const socket = await start()
  socket.end('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*ok$/)
})
