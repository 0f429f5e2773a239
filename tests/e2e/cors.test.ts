/** Scripts of other sites, through an edge that keeps what it may: nobody gets the answer that another origin got. */
import { describe, expect, it, vi } from 'vitest'
import type { Reply } from '../helpers/client.ts'
import { embeddedTarget } from '../helpers/embedded-target.ts'
import { useTarget } from '../helpers/use-target.ts'

const allowed = 'https://shop.example'
const refused = 'https://evil.example'

const leaveOf = ({ headers }: Reply): unknown => headers['access-control-allow-origin']
const isHit = ({ headers }: Reply): boolean => /roundtrip-edge;\s*hit/.test(String(headers['cache-status']))

describe('with one allowed origin', () => {
  const use = useTarget(embeddedTarget({ settings: { app: { APP_CORS_ORIGINS: allowed } } }))
  const ask = (path: string, origin?: string) => use.client(path, origin === undefined ? {} : { headers: { origin } })

  it.each(['/api/products?limit=3', '/api/users?limit=3', '/openapi.json'])(
    'the edge keeps %s for each origin apart',
    async (path) => {
      const origins = [undefined, allowed, refused]
      await vi.waitFor(
        async () => {
          const replies = await Promise.all(origins.map((origin) => ask(path, origin)))
          expect(replies.map(leaveOf)).toEqual([undefined, allowed, undefined])
          expect(replies.map(({ headers }) => headers['vary'])).toEqual(Array(3).fill(expect.stringMatching(/origin/i)))
          expect(replies.map(isHit)).toEqual([true, true, true])
        },
        { timeout: 10_000, interval: 10 },
      )
    },
  )

  it('a preflight is answered, also for what needs an account', async () => {
    const headers = { origin: allowed, 'access-control-request-method': 'DELETE' }
    const reply = await use.client('/api/products/1', { method: 'OPTIONS', headers })
    expect([reply.status, leaveOf(reply)]).toEqual([204, allowed])
    expect(reply.headers['access-control-allow-methods']).toContain('DELETE')
    const other = await use.client('/api/products/1', { method: 'OPTIONS', headers: { ...headers, origin: refused } })
    expect([other.status, leaveOf(other), other.headers['access-control-allow-methods']]).toEqual([
      204,
      undefined,
      undefined,
    ])
  })

  it('refusals of the application can be read, and orders are placed', async () => {
    const body = { name: 'Alice', email: 'alice@example.com', lines: [{ productId: 1, quantity: 1 }] }
    const headers = { origin: allowed, 'sec-fetch-site': 'cross-site' }
    const placed = await use.client('/api/orders', { method: 'POST', json: body, headers })
    expect([placed.status, leaveOf(placed)]).toEqual([201, allowed])
    expect(String(placed.headers['access-control-expose-headers'])).toMatch(/Location/)
    const wrong = await use.client('/api/orders', { method: 'POST', json: {}, headers })
    expect([wrong.status, leaveOf(wrong)]).toEqual([400, allowed])
  })
})
