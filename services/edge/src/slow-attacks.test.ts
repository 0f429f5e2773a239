/** Attacks on a whole edge by clients that are slow, but not too slow, each beside another client that goes on being served. */
import { expect, it } from 'vitest'
import { attackHttp2, startBystander } from './testing/attack.ts'
import { data, endHeaders, frame, headers, line, postRequest, streams } from './testing/http2-frames.ts'
import { settingsFile, startOrigin, startTestEdge } from './testing/test-edge.ts'

it('content that trickles in over many streams leaves the connections to a next hop to others', async () => {
  const waiting = { begun: 0 }
  const origin = await startOrigin((request, response) => {
    if (request.method === 'POST') waiting.begun++
    request.resume().once('end', () => response.end('served'))
  })
  const circuitBreaker = { maxConnections: 4, maxPending: 8 }
  const edge = await startTestEdge([], {
    EDGE_SETTINGS_FILE: settingsFile({
      pools: { web: { members: [{ origin }], circuitBreaker, timeouts: { queueMs: 300 } } },
      routes: [{ name: 'all', pool: 'web', cache: { enabled: false } }],
    }),
  })
  const isServed = await startBystander(edge)
  const slow = Buffer.concat([postRequest, line('content-length', '1000')])
  const octets = streams(30, (id) =>
    Buffer.concat([frame(headers, endHeaders, id, slow), frame(data, 0, id, Buffer.from('x'))]),
  )
  await Promise.all([1, 2].map(() => attackHttp2(edge, octets)))
  await expect.poll(() => waiting.begun).toBe(2)
  for (let round = 0; round < 20; round++) expect(await isServed()).toBe(true)
  // Also when those who waited in vain have been refused.
  await expect.poll(() => edge.lines.some(({ code }) => code === 'UPSTREAM_OVERLOADED')).toBe(true)
  expect(await isServed()).toBe(true)
  expect(waiting.begun).toBe(2)
})
