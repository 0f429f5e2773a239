/** The way of a request, tier by tier: name, TLS, edge, web, app, cache, database, and back. */
import { query } from '@roundtrip/dns-wire'
import { parseServerTiming } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { at, clientOf } from '../helpers/client.ts'
import { plainGet, tlsHandshake } from '../helpers/connections.ts'
import type { TargetSource } from '../helpers/target.ts'
import { useTarget } from '../helpers/use-target.ts'

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

export const describeRequest = (source: TargetSource): void => {
  describe('the way of a request', () => {
    const use = useTarget(source)

    it('finds the addresses of both points of presence by name, over UDP and TCP', async () => {
      for (const transport of ['udp', 'tcp'] as const) {
        const { message } = await query({ ...use.target.dns, name: use.target.publicName, type: 'A', transport })
        expect(message.answers.length).toBeGreaterThanOrEqual(1)
        expect(message.answers.every(({ type }) => type === 'A')).toBe(true)
      }
    })

    it('speaks TLS 1.3 and 1.2 with a certificate for the name, and nothing older', async () => {
      for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
        const handshake = await tlsHandshake(use.target, { version, alpn: ['h2', 'http/1.1'] })
        expect(handshake).toMatchObject({ protocol: version, alpn: 'h2', authorized: true })
      }
      await expect(tlsHandshake(use.target, { version: 'TLSv1.1', alpn: [] })).rejects.toThrow(
        /protocol|alert|ECONNRESET/i,
      )
    })

    it('answers the same over HTTP/1.1 and HTTP/2', async () => {
      const http2 = clientOf(use.target, { http2: true })
      const replies = await Promise.all([use.client('/api/users?limit=3'), http2('/api/users?limit=3')])
      await http2.close()
      expect(replies.map(({ status }) => status)).toEqual([200, 200])
      expect(at(replies, 0).json()).toEqual(at(replies, 1).json())
    })

    it('answers at both points of presence', async () => {
      for (const edge of use.target.edges.keys()) {
        const other = clientOf(use.target, { edge })
        expect((await other('/api/users')).status).toBe(200)
        await other.close()
      }
    })

    it('redirects plain HTTP to HTTPS, path and query kept', async () => {
      const { status, location } = await plainGet(use.target, '/products/x?y=1')
      expect(status).toBe(308)
      expect(location).toBe(`https://${use.target.publicName}:${at(use.target.edges, 0).httpsPort}/products/x?y=1`)
    })

    it('lists users from the database, Alice first, at both addresses', async () => {
      for (const path of ['/api/users', '/user/v1/list']) {
        const { users } = (await use.client(path)).json<{ users: object[] }>()
        expect(users[0]).toMatchObject({ id: 1, name: 'Alice' })
      }
    })

    it('renders pages and serves the files they need, typed and compressed', async () => {
      const page = await use.client('/')
      expect(page.status).toBe(200)
      expect(page.headers['content-type']).toMatch(/^text\/html/)
      const css = /href="([^"]+\.css)"/.exec(page.text)?.[1] ?? ''
      const style = await use.client(css, { headers: { 'accept-encoding': 'br' } })
      expect(style).toMatchObject({ status: 200, headers: { 'content-encoding': 'br' } })
      expect(style.headers['content-type']).toMatch(/^text\/css/)
      expect(style.headers['vary']).toMatch(/accept-encoding/i)
    })

    it('validates and ranges static files', async () => {
      const whole = await use.client('/assets/favicon.svg')
      const etag = String(whole.headers['etag'])
      const again = await use.client('/assets/favicon.svg', { headers: { 'if-none-match': etag } })
      expect(again.status).toBe(304)
      const part = await use.client('/assets/favicon.svg', { headers: { range: 'bytes=0-3' } })
      expect(part).toMatchObject({ status: 206, text: whole.text.slice(0, 4) })
    })

    it('tells each tier’s time and who served, but only when asked by a sampled trace', async () => {
      const silent = await use.client('/api/users')
      expect(silent.headers['server-timing']).toBeUndefined()
      const traced = await use.client('/api/products', { headers: { traceparent } })
      const timings = parseServerTiming([traced.headers['server-timing']].flat().join(', '))
      expect(timings.map(({ name }) => name)).toEqual(expect.arrayContaining(['edge', 'web', 'app', 'cache']))
      const [edge, web, app] = ['edge', 'web', 'app'].map((tier) => timings.find(({ name }) => name === tier))
      expect(edge?.description).toMatch(/^edge-\d$/)
      expect(Number(edge?.durationMs)).toBeGreaterThanOrEqual(Number(web?.durationMs))
      expect(Number(web?.durationMs)).toBeGreaterThanOrEqual(Number(app?.durationMs))
    })

    it('reads from the replica, and from the cache the second time', async () => {
      const path = '/api/products?limit=7'
      const timings = async () =>
        parseServerTiming(
          [(await use.client(path, { headers: { traceparent, 'cache-control': 'no-cache' } })).headers['server-timing']]
            .flat()
            .join(','),
        )
      const first = await timings()
      expect(first.find(({ name }) => name === 'cache')?.description).toBe('miss')
      expect(first.find(({ name }) => name === 'db')?.description).toMatch(/replica/)
      const second = await timings()
      expect(second.find(({ name }) => name === 'cache')?.description).toBe('hit')
      expect(second.find(({ name }) => name === 'db')).toBeUndefined()
    })

    it('is answered by the edge alone while a response is fresh', async () => {
      const path = '/api/products?limit=8'
      const [first, second] = [await use.client(path), await use.client(path, { headers: { traceparent } })]
      expect([first, second].map(({ headers }) => [headers['cache-status']].flat().join(', '))).toEqual([
        expect.stringMatching(/^roundtrip-web; .*, roundtrip-edge; fwd=uri-miss.*stored$/),
        expect.stringMatching(/^roundtrip-web; .*, roundtrip-edge; hit/),
      ])
      expect(second.text).toBe(first.text)
      expect(Number(second.headers['age'])).toBeGreaterThanOrEqual(0)
      expect(second.headers['server-timing']).toMatch(/^edge;.*by="cache"$/)
    })

    it('names every request', async () => {
      const ids = await Promise.all([
        use.client('/api/users'),
        use.client('/api/nothing'),
        use.client('/assets/site.css'),
      ])
      expect(new Set(ids.map(({ headers }) => headers['x-request-id'])).size).toBe(3)
    })

    it('answers HEAD and OPTIONS as it should', async () => {
      const head = await use.client('/api/products', { method: 'HEAD' })
      expect(head).toMatchObject({ status: 200, text: '' })
      const options = await use.client('/api/products', { method: 'OPTIONS' })
      expect(options.status).toBe(204)
      expect(String(options.headers['allow'])).toMatch(/GET.*POST|POST.*GET/)
    })

    it('describes its API', async () => {
      const { openapi, paths } = (await use.client('/openapi.json')).json<{ openapi: string; paths: object }>()
      expect(openapi).toMatch(/^3\.1/)
      expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/api/users', '/api/products', '/api/orders']))
    })
  })
}
