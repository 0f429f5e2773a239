/** What arrives on a socket and is no request, or whose sender does not wait for the answer. */
import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { accessLog } from './access-log.ts'
import { requestContext } from './request-context.ts'
import { createServer, type AppServer } from './server.ts'

const line = Promise.withResolvers<Record<string, unknown>>()
const log = pino(
  { level: 'info' },
  {
    write: (written: string) => {
      const parsed = JSON.parse(written) as Record<string, unknown>
      if ('status' in parsed) line.resolve(parsed)
    },
  },
)

let app: AppServer
let arrived: PromiseWithResolvers<void>
let answer: PromiseWithResolvers<string>

beforeEach(async () => {
  arrived = Promise.withResolvers()
  answer = Promise.withResolvers()
  app = createServer(1000, log)
  requestContext(app, () => 0)
  accessLog(app)
  app.get('/slow', async () => {
    arrived.resolve()
    return answer.promise
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
})

afterEach(() => app.close())

const send = async (bytes: string): Promise<Socket> => {
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(bytes)
  return socket
}

test.each([
  ['garbage', 'GARBAGE\r\n\r\n', '400 Bad Request', 'BAD_REQUEST'],
  [
    'a request smuggled behind two lengths',
    'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
    '400 Bad Request',
    'BAD_REQUEST',
  ],
  [
    'too many header fields',
    `GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
    '431 Request Header Fields Too Large',
    'HEADERS_TOO_LARGE',
  ],
])('%s is answered with problem details, and the connection ends', async (_, bytes, status, code) => {
  const [head = '', body = ''] = (await text(await send(bytes))).split('\r\n\r\n')
  expect(head).toContain(`HTTP/1.1 ${status}\r\ncontent-type: application/problem+json`)
  expect(JSON.parse(body)).toMatchObject({ code })
})

test('a client that goes away is logged as 499', async () => {
  const socket = await send('GET /slow HTTP/1.1\r\nhost: a\r\n\r\n')
  await arrived.promise
  socket.destroy()
  expect(await line.promise).toMatchObject({ target: '/slow', status: 499 })
  answer.resolve('too late')
})
