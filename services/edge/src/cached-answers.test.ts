/** What the cache and the layers around it come to together: an edge over sockets, and next hops that the test decides about. */
import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { ask, settingsFile, startOrigin, startTestEdge } from './testing/test-edge.ts'

it('keeps the cookie that ties a client to its member from everybody else', async () => {
  const origins = await Promise.all(
    ['a', 'b'].map((name) =>
      startOrigin((request, response) => {
        const isNew = request.headers['if-none-match'] === undefined
        response.writeHead(isNew ? 200 : 304, { 'cdn-cache-control': 'max-age=60', etag: '"1"' }).end(isNew ? name : '')
      }),
    ),
  )
  const members = origins.map((origin) => ({ origin }))
  const balance = { algorithm: 'round-robin', sticky: { cookie: 'member' } }
  const settings = { pools: { web: { members, balance } } }
  const edge = await startTestEdge([], { EDGE_SETTINGS_FILE: settingsFile(settings) })
  const first = await ask(edge, '/')
  expect(first.headers).toMatchObject({ 'cache-control': 'private', 'cdn-cache-control': 'private' })
  const [cookie = ''] = first.headers['set-cookie'] ?? []
  expect(cookie).toMatch(/^member=/)
  const others = await ask(edge, '/')
  expect(others.text).toBe(first.text)
  expect(others.headers).toMatchObject({ 'cache-status': expect.stringContaining('hit') })
  expect(others.headers).not.toHaveProperty('set-cookie')
  // Brought up to date by a client that gets a cookie, it is as it was for those who come after.
  const asking = await ask(edge, '/', { headers: { 'cache-control': 'no-cache' } })
  expect(asking.headers).toHaveProperty('set-cookie')
  expect((await ask(edge, '/')).headers).not.toHaveProperty('set-cookie')
  const kept = await ask(edge, '/', { headers: { 'cache-control': 'no-cache', cookie: cookie.split(';')[0] } })
  expect(kept.headers).not.toHaveProperty('set-cookie')
})

it('serves what is stored, and what may be stale, while a pool hangs', async () => {
  const hanging: ServerResponse[] = []
  let hangs = false
  const held = Promise.withResolvers<void>()
  const origin = await startOrigin((request, response) => {
    if (hangs) {
      hanging.push(response)
      held.resolve()
      return
    }
    const life = request.url === '/stale' ? 'max-age=0, stale-if-error=60' : 'max-age=60'
    response.writeHead(200, { 'cache-control': life, etag: '"1"' }).end(`for ${request.url}`)
  })
  const settings = { loadShed: { initialLimit: 2, minLimit: 2, maxLimit: 2 } }
  const edge = await startTestEdge([origin], { EDGE_SETTINGS_FILE: settingsFile(settings) })
  await ask(edge, '/fresh')
  await ask(edge, '/stale')
  hangs = true
  const waiting = [ask(edge, '/1'), ask(edge, '/2')]
  await held.promise
  while (hanging.length < 2) await new Promise(setImmediate)
  const refused = await ask(edge, '/3')
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, expect.stringMatching(/^[1-5]$/)])
  expect(await ask(edge, '/fresh')).toMatchObject({ status: 200, text: 'for /fresh' })
  const stale = await ask(edge, '/stale')
  expect(stale).toMatchObject({ status: 200, text: 'for /stale' })
  expect(stale.headers['cache-status']).toContain('detail=stale-if-error')
  for (const response of hanging) response.end('late')
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200])
})

it('says what the cache had to do with a failure, too', async () => {
  const edge = await startTestEdge(['http://127.0.0.1:1'])
  const { status, headers } = await ask(edge, '/')
  // By whether a health check was there first.
  expect([502, 503]).toContain(status)
  expect(headers['cache-status']).toBe('roundtrip-edge; fwd=uri-miss')
  expect((await ask(edge, '/', { headers: { host: 'other.test' } })).headers).not.toHaveProperty('cache-status')
})
