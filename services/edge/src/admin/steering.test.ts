import { once } from 'node:events'
import { Agent } from 'node:https'
import type { Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startSteeredEdge, type SteeredEdge } from '../testing/steered-edge.ts'
import { ask, askHttp2, connectSession, startOrigin } from '../testing/test-edge.ts'

const uncached = { cache: { enabled: false }, validate: { contentOnRead: 'allow' } }

const poolOf = (origin: string): object => ({ members: [{ origin }] })

const onlyOf = ({ origin }: { origin: string }): object => ({
  pools: { web: poolOf(origin) },
  routes: [{ name: 'all', ...uncached }],
})

/** Answers with its name. */
const startNamed = async (name: string) => {
  const connections = new Set<Socket>()
  const origin = await startOrigin((request, response) => {
    connections.add(request.socket)
    response.end(name)
  })
  return { origin, connections }
}

/** Each as fast as it can, over one connection. */
const startLoad = (edge: SteeredEdge) => {
  const state = { running: true, answered: 0 }
  const failures: unknown[] = []
  const run = async (get: () => Promise<{ status: number; text: string }>): Promise<void> => {
    while (state.running) {
      const reply = await get().catch((error: unknown) => ({ status: 0, text: String(error) }))
      if (reply.status === 200 && reply.text === 'kept') state.answered++
      else failures.push(reply)
    }
  }
  const session = connectSession(edge)
  const clients = [1, 2, 3, 4].flatMap(() => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    return [run(() => ask(edge, '/', { agent })), run(() => askHttp2(session, { ':path': '/' }))]
  })
  const stop = async (): Promise<{ answered: number; failures: unknown[] }> => {
    state.running = false
    await Promise.all(clients)
    return { answered: state.answered, failures }
  }
  return { stop }
}

describe('a settings file that changes', () => {
  it('a hundred times under load costs no request and no connection', { timeout: 30_000 }, async () => {
    const kept = await startNamed('kept')
    const [even, odd] = [await startNamed('even'), await startNamed('odd')]
    const settings = (count: number): object => ({
      pools: {
        kept: poolOf(kept.origin),
        // Another name each time: the pool before goes.
        [`turn-${count}`]: poolOf(count % 2 === 0 ? even.origin : odd.origin),
      },
      routes: [
        { name: 'all', pool: 'kept', ...uncached },
        { name: 'turn', path: '/turn', pool: `turn-${count}`, ...uncached },
      ],
    })
    const edge = await startSteeredEdge(settings(0), { EDGE_ACCESS_LOG: 'none' })
    const load = startLoad(edge)
    for (let count = 1; count <= 100; count++) {
      edge.write(settings(count))
      const { status, content } = await edge.admin('POST', '/reload')
      expect([status, content]).toEqual([200, { workers: 1, later: [] }])
      expect(await ask(edge, '/turn')).toMatchObject({ status: 200, text: count % 2 === 0 ? 'even' : 'odd' })
    }
    const { answered, failures } = await load.stop()
    expect(failures).toEqual([])
    expect(answered).toBeGreaterThan(100)
    // As many as requests at once: those of eight clients.
    expect(kept.connections.size).toBeLessThanOrEqual(8)
    expect(await edge.admin('GET', '/pools')).toMatchObject({ content: [{ name: 'kept' }, { name: 'turn-100' }] })
    // What went has let go of its connections.
    await expect.poll(() => [...odd.connections].filter(({ destroyed }) => !destroyed)).toEqual([])
  })

  it('lets requests end at the pool they began with, and the pool then', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<Socket>()
    const old = await startOrigin(async (request, response) => {
      asked.resolve(request.socket)
      await held
      response.end('old')
    })
    const fresh = await startNamed('fresh')
    const edge = await startSteeredEdge({ pools: { old: poolOf(old) }, routes: [{ name: 'all', pool: 'old' }] })
    const before = ask(edge, '/')
    const connection = await asked.promise
    edge.write({ pools: { fresh: poolOf(fresh.origin) }, routes: [{ name: 'all', pool: 'fresh' }] })
    await edge.admin('POST', '/reload')
    expect((await ask(edge, '/')).text).toBe('fresh')
    const closed = once(connection, 'close')
    release()
    expect((await before).text).toBe('old')
    await closed
  })

  it('is read when it is written, and when the process is told to', async () => {
    const [a, b] = [await startNamed('a'), await startNamed('b')]
    const edge = await startSteeredEdge(onlyOf(a))
    edge.write(onlyOf(b))
    await expect.poll(async () => (await ask(edge, '/')).text, { timeout: 5000 }).toBe('b')
    edge.write(onlyOf(a))
    process.emit('SIGHUP')
    await expect.poll(async () => (await ask(edge, '/')).text).toBe('a')
  })

  it('and cannot be used is told with its line, and changes nothing', async () => {
    const kept = await startNamed('kept')
    const good = { pools: { web: poolOf(kept.origin) }, routes: [{ name: 'all', ...uncached }] }
    const edge = await startSteeredEdge(good)
    const { content: before } = await edge.admin('GET', '/settings')
    for (const [bad, problem] of [
      [{ ...good, rotues: [] }, /edge\.yaml:1:\d+: rotues: is not a setting here: did you mean routes\?/],
      [{ ...good, purgeFrom: ['x'] }, /edge\.yaml:1:\d+: purgeFrom\.0: x is no address/],
      [
        { ...good, tls: { certificates: [{ certificateFile: '/nowhere.pem', keyFile: '/nowhere.key' }] } },
        /edge\.yaml:1:\d+: tls\.certificates\.0\.certificateFile: \/nowhere\.pem cannot be read/,
      ],
      [{ pools: good.pools, routes: [{ name: 'all', pool: 'wbe' }] }, /there is no pool wbe: did you mean web\?/],
    ] as const) {
      edge.write(bad)
      const { status, content } = await edge.admin('POST', '/reload')
      expect([status, content]).toMatchObject([422, { code: 'UNPROCESSABLE' }])
      expect((content as { detail: string }).detail).toMatch(problem)
      expect((await ask(edge, '/')).text).toBe('kept')
    }
    expect((await edge.admin('GET', '/settings')).content).toEqual(before)
    process.emit('SIGHUP')
    const line = { level: 'error', message: 'the new settings cannot be used; the old ones stay' }
    await expect.poll(() => edge.lines).toContainEqual(expect.objectContaining(line))
  })

  it('names what has to wait', async () => {
    const pools = { web: poolOf('http://127.0.0.1:1') }
    const edge = await startSteeredEdge({ pools })
    edge.write({ pools, cache: { maxBytes: 100_000 }, limits: { connections: { maxConnections: 7 } } })
    expect((await edge.admin('POST', '/reload')).content).toEqual({
      workers: 1,
      later: ['cache', 'limits.connections'],
    })
  })
})

describe('an edge that ends', () => {
  it('has no admin API any more, and hears no signal', async () => {
    const listeners = process.listenerCount('SIGHUP')
    const edge = await startSteeredEdge({ pools: { web: poolOf('http://127.0.0.1:1') } })
    expect(process.listenerCount('SIGHUP')).toBe(listeners + 1)
    await edge.component.close()
    await expect(edge.admin('GET', '/pools')).rejects.toThrow('ECONNREFUSED')
    expect(process.listenerCount('SIGHUP')).toBe(listeners)
  })

  it('asks for its token as long as it is there', async () => {
    const edge = await startSteeredEdge(
      { pools: { web: poolOf('http://127.0.0.1:1') } },
      { EDGE_ADMIN_TOKEN: 'secret' },
    )
    expect((await edge.admin('GET', '/pools')).status).toBe(403)
  })
})

describe('the health of an edge', () => {
  it('is good while one pool has somebody, and names the others', async () => {
    const up = await startNamed('up')
    const healthCheck = { path: '/health/web', intervalMs: 20, rise: 1, fall: 1 }
    const settings = (origins: string[]): object => ({
      pools: Object.fromEntries(origins.map((origin, at) => [`pool-${at}`, { members: [{ origin }], healthCheck }])),
      routes: [{ name: 'all', pool: 'pool-0' }],
    })
    const edge = await startSteeredEdge(settings([up.origin, 'http://127.0.0.1:1']))
    await expect
      .poll(() => edge.component.health())
      .toEqual({
        ready: true,
        checks: {
          [new URL(up.origin).host]: 'healthy',
          '127.0.0.1:1': expect.stringMatching(/^unhealthy: /),
          'pool pool-1': 'nobody in it is healthy',
        },
      })
    edge.write(settings(['http://127.0.0.1:1']))
    await edge.admin('POST', '/reload')
    await expect.poll(() => edge.component.health()).toMatchObject({ ready: false })
  })
})
