/** Content that streams through shares memory with what came before it: nobody may get an octet that is not theirs. */
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import {
  ask,
  askHttp2,
  askPlain,
  connectSession,
  host,
  settingsFile,
  startOrigin,
  startTestEdge,
} from './testing/test-edge.ts'

/** More than the sockets on its way hold, so that a reader who waits leaves the edge with octets in hand. */
const contentBytes = 20_000_000
/** Several reads, the last of them short. */
const briefBytes = 150_000

const contentOf = (path: string): string => {
  const bytes = path.startsWith('/held') ? contentBytes : briefBytes
  return `${path};`.repeat(Math.ceil(bytes / path.length)).slice(0, bytes)
}

/** Odd ones are chunked; those below `/kept` are stored as they pass. */
const startContentOrigin = (): Promise<string> =>
  startOrigin(({ url = '' }, response) => {
    response.setHeader('cache-control', url.startsWith('/kept') ? 'max-age=60' : 'no-store')
    const content = contentOf(url)
    if (/[02468]$/.test(url)) response.setHeader('content-length', content.length)
    response.write(content.slice(0, 100_001))
    response.end(content.slice(100_001))
  })

const holdPlain = async (port: number, path: string): Promise<IncomingMessage> => {
  const request = httpRequest({ host: '127.0.0.1', port, path, headers: { host }, agent: false })
  const [response] = (await once(request.end(), 'response')) as [IncomingMessage]
  return response
}

it('is what the next hop sent, for fast and slow readers side by side, in every protocol, and from the cache later', async () => {
  const origin = await startContentOrigin()
  const route = { name: 'all', httpsRedirect: { httpsRedirect: false } }
  // Clients and next hop work in this process too, and keep its loop from being in time.
  const loadShed = { maxLoopDelayMs: 60_000 }
  const file = settingsFile({ pools: { web: { members: [{ origin }] } }, routes: [route], loadShed })
  const edge = await startTestEdge([], { EDGE_SETTINGS_FILE: file, EDGE_HOSTS: host })
  const session = connectSession(edge)
  const ways = [
    (path: string) => ask(edge, path),
    (path: string) => askPlain(edge, path, { host }),
    (path: string) => askHttp2(session, { ':path': path }),
  ]
  const check = async (path: string, way: number): Promise<void> => {
    const reply = await ways[way % ways.length]?.(path)
    expect([path, reply?.status, reply?.text === contentOf(path)]).toEqual([path, 200, true])
  }
  const held = await Promise.all(
    Array.from({ length: 4 }, async (_, index) => ({
      path: `/held/${index}`,
      response: await holdPlain(edge.httpPort, `/held/${index}`),
    })),
  )
  for (let round = 0; round < 5; round++) {
    const all = Array.from({ length: 12 }, (_, index) =>
      check(`/${index % 4 === 0 ? 'kept' : 'new'}/${round}/${index}`, index),
    )
    await Promise.all(all)
  }
  for (const { path, response } of held)
    expect([path, (await text(response)) === contentOf(path)]).toEqual([path, true])
  for (let round = 0; round < 5; round++) await check(`/kept/${round}/4`, round)
})
