import { once } from 'node:events'
import { Readable } from 'node:stream'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readAll, recordingLog, testResponse } from '../testing.ts'
import { serveHttp1 } from './serve-http1.ts'

/** Anonymous key exchange, so that the test needs no certificate. */
const anonymous = { ciphers: 'AECDH-AES128-SHA:@SECLEVEL=0', maxVersion: 'TLSv1.2' as const, allowHalfOpen: true }

const start = async (): Promise<() => Promise<TLSSocket>> => {
  const accept = serveHttp1({
    handler: async ({ target }) => {
      const size = Number(target.slice(1))
      const body = Buffer.alloc(size, 'x')
      return testResponse({ body: size === 7 ? Readable.from([body]) : body })
    },
    scheme: 'https',
    log: recordingLog(),
    trustRequestId: false,
  })
  const server = createServer(anonymous, (socket) => accept(socket, { address: '127.0.0.1', port: 1 }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return async () => {
    const { port } = server.address() as AddressInfo
    const socket = connect({
      ...anonymous,
      port,
      host: '127.0.0.1',
      checkServerIdentity: () => undefined,
      rejectUnauthorized: false,
    })
    onTestFinished(() => void socket.destroy())
    await once(socket, 'secureConnect')
    return socket
  }
}

describe('over TLS', () => {
  it('each size of body arrives, and the connection ends in order', async () => {
    const connectTls = await start()
    const socket = await connectTls()
    for (const size of [0, 7, 1024, 100_000]) socket.write(`GET /${size} HTTP/1.1\r\nHost: a\r\n\r\n`)
    socket.write('GET /3000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    const all = await readAll(socket)
    expect(all.match(/HTTP\/1\.1 200/g)).toHaveLength(5)
    expect(all).toContain('7\r\nxxxxxxx\r\n0\r\n\r\n')
    expect(all.length - all.lastIndexOf('\n') - 1).toBe(3_000_000)
  })

  it('takes https for its scheme', async () => {
    const connectTls = await start()
    for (const [scheme, status] of [
      ['https', 200],
      ['http', 421],
    ] as const) {
      const socket = await connectTls()
      socket.write(`GET ${scheme}://a/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      expect(await readAll(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    }
  })

  it('ends a body with the connection for HTTP/1.0', async () => {
    const connectTls = await start()
    const socket = await connectTls()
    socket.write('GET /7 HTTP/1.0\r\nHost: a\r\n\r\n')
    expect(await readAll(socket)).toMatch(/connection: close\r\n\r\nx{7}$/)
  })
})
