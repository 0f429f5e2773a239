/** Bad input from the outside: each kind gets its status, its code and a sentence, whichever tier refuses it. */
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Ask } from '../helpers/client.ts'
import { rawExchange } from '../helpers/connections.ts'
import type { TargetSource } from '../helpers/target.ts'
import { useTarget } from '../helpers/use-target.ts'

const json = { 'content-type': 'application/json' }
const tenMegabytes = 10 * 1024 * 1024
/** Without a length, so that the limit can only be noticed on the way. */
const chunked = (bytes: number): Readable =>
  Readable.from(
    (function* chunks() {
      for (let sent = 0; sent < bytes; sent += 65_536) yield Buffer.alloc(65_536, 0x61)
    })(),
  )

const refused: [what: string, path: string, ask: Ask, status: number, code: string][] = [
  ['an unknown route', '/api/nothing', {}, 404, 'NOT_FOUND'],
  ['an unknown product', '/api/products/999999', {}, 404, 'NOT_FOUND'],
  ['a method the route has not', '/api/users', { method: 'DELETE' }, 405, 'METHOD_NOT_ALLOWED'],
  ['a method the file has not', '/assets/site.css', { method: 'DELETE' }, 405, 'METHOD_NOT_ALLOWED'],
  ['bad JSON', '/api/orders', { method: 'POST', headers: json, body: '{"name":' }, 400, 'INVALID_JSON'],
  ['a body of the wrong shape', '/api/orders', { method: 'POST', json: { name: 7 } }, 400, 'VALIDATION_FAILED'],
  [
    'an unknown field',
    '/api/orders',
    { method: 'POST', json: { name: 'A', email: 'a@example.com', lines: [{ productId: 1, quantity: 1 }], tip: 1 } },
    400,
    'VALIDATION_FAILED',
  ],
  ['a query out of range', '/api/products?limit=0', {}, 400, 'VALIDATION_FAILED'],
  ['a query that does not exist', '/api/products?colour=red', {}, 400, 'VALIDATION_FAILED'],
  ['an id that cannot exist', '/api/products/abc', {}, 404, 'NOT_FOUND'],
  [
    'another media type',
    '/api/orders',
    { method: 'POST', headers: { 'content-type': 'text/csv' }, body: 'a,b' },
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  ['an internal path', '/health/ready', {}, 404, 'NOT_FOUND'],
  ['figures of a tier', '/metrics', {}, 404, 'NOT_FOUND'],
]

export const describeBadInput = (source: TargetSource): void => {
  describe('bad input', () => {
    const use = useTarget(source)

    it.each(refused)('refuses %s', async (_what, path, ask, status, code) => {
      const reply = await use.client(path, ask)
      expect(reply.status).toBe(status)
      expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/)
      const problem = reply.json()
      expect(problem).toMatchObject({ status, code, requestId: reply.headers['x-request-id'] })
      expect(String(problem['detail']).length).toBeGreaterThan(10)
      // RFC 9110 §15.5.6: Allow belongs to 405, and to no other refusal here.
      expect('allow' in reply.headers).toBe(status === 405)
    })

    it('refuses a body over 10 MB, announced or not, and takes one just under', async () => {
      const headers = { ...json, authorization: `Bearer ${await use.target.staffToken()}` }
      const announced = await use.client('/api/products', {
        method: 'POST',
        headers: { ...headers, 'content-length': String(tenMegabytes + 1) },
        body: Buffer.alloc(tenMegabytes + 1, 0x61),
      })
      expect(announced.status).toBe(413)
      const streamed = await use.client('/api/products', {
        method: 'POST',
        headers,
        body: chunked(tenMegabytes + 65_536),
      })
      expect(streamed.status).toBe(413)
      // Small enough to be read to its end, and then refused for what it says.
      const under = await use.client('/api/products', {
        method: 'POST',
        headers,
        body: Buffer.alloc(tenMegabytes - 1, 0x61),
      })
      expect(under.json()).toMatchObject({ status: 400, code: 'INVALID_JSON' })
    })

    it('refuses a host that is not ours', async () => {
      const reply = await rawExchange(use.target, 'GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n')
      expect(reply).toMatch(/^HTTP\/1\.1 421 /)
    })

    it.each([
      ['two Host fields', 'GET / HTTP/1.1\r\nHost: NAME\r\nHost: other.test\r\n\r\n'],
      ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
      [
        'both framings',
        'POST / HTTP/1.1\r\nHost: NAME\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ],
      ['a bad chunk size', 'POST / HTTP/1.1\r\nHost: NAME\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
      ['a space before the colon', 'GET / HTTP/1.1\r\nHost : NAME\r\n\r\n'],
      ['a folded field', 'GET / HTTP/1.1\r\nHost: NAME\r\nX-A: b\r\n c\r\n\r\n'],
      ['something that is not HTTP', 'HELO roundtrip\r\n\r\n'],
    ])('answers 400 to %s and closes', async (_what, bytes) => {
      const reply = await rawExchange(use.target, bytes.replaceAll('NAME', use.target.publicName))
      expect(reply).toMatch(/^HTTP\/1\.1 400 /)
      expect(reply).toContain('application/problem+json')
    })

    it('answers 431 to fields that are too large', async () => {
      const reply = await rawExchange(
        use.target,
        `GET / HTTP/1.1\r\nHost: ${use.target.publicName}\r\nX-Big: ${'a'.repeat(100_000)}\r\n\r\n`,
      )
      expect(reply).toMatch(/^HTTP\/1\.1 431 /)
    })
  })
}
