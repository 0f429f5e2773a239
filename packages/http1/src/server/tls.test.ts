import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { readAll, testResponse } from '../testing.ts'
import { serveTlsForTest } from '../testing-tls.ts'

const start = () =>
  serveTlsForTest(async ({ target }) => {
    const size = Number(target.slice(1))
    const body = Buffer.alloc(size, 'x')
    return testResponse({ body: size === 7 ? Readable.from([body]) : body })
  })

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
