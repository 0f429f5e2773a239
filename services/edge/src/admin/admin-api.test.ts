import { parseSettings } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import { LocalLimiter } from '@roundtrip/rate-limit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { recycleTopic, workerStatusTopic, type WorkerBus } from '@roundtrip/worker-group'
import { joinedBuses } from '@roundtrip/worker-group/testing'
import type { Listeners } from '../listener/open-listeners.ts'
import { PurgeRelay, type PurgeNote } from '../purge/purge-relay.ts'
import { EdgeRuntime } from '../runtime/edge-runtime.ts'
import { edgeFile } from '../settings/edge-file.ts'
import { testContext, testRequest } from '../testing/messages.ts'
import { recordingLog, startOrigin } from '../testing/test-edge.ts'
import { adminApi } from './admin-api.ts'
import { StandingOrders } from './standing-orders.ts'
import { answerAdmin } from './worker-answers.ts'

const site = 'https://www.roundtrip.test'
const member = '127.0.0.1:1'
const plain = {
  pools: { web: { members: [{ origin: `http://${member}` }, { origin: 'http://127.0.0.1:2' }] } },
  routes: [
    { name: 'all', cache: { key: { ignoreQuery: ['utm_*'], sortQuery: true } } },
    { name: 'api', path: '/api', cache: { bypass: { pathPrefixes: ['/api'] } } },
  ],
}

const connectionsOf = (name: string) => ({
  https: [{ protocol: 'h2', address: name, since: Date.now(), requests: 3, inFlight: 1 }],
})

const listenersOf = (name: string): Listeners =>
  ({
    connections: () => connectionsOf(name),
    figures: () => ({}),
    certificates: () => [
      { names: ['a.test', '*.a.test'], fingerprint: 'AB:CD', expiresAt: Date.parse('2030-01-01T00:00:00.000Z') },
      ...(name === 'worker-2' ? [{ names: [], fingerprint: 'EF:01', expiresAt: 0 }] : []),
    ],
  }) as unknown as Listeners

interface Redis {
  readonly notes: PurgeNote[]
  readonly isAway: boolean
}

const startWorker = (bus: WorkerBus, name: string, settings: object, redis: Redis | undefined): EdgeRuntime => {
  const { log } = recordingLog()
  const append = async (note: PurgeNote): Promise<void> => {
    if (redis?.isAway === true) throw new Error('away')
    redis?.notes.push(note)
  }
  const openLog = () => redis && { append, isConnected: !redis.isAway, close: () => undefined }
  const relay = new PurgeRelay({ bus, openLog, log })
  const runtime = new EdgeRuntime({
    settings: { accessLog: 'none' },
    file: parseSettings(edgeFile, JSON.stringify(settings), 'edge.yaml'),
    instance: name,
    publicHttpsPort: 443,
    limiter: new LocalLimiter({ maxKeys: 10 }),
    purgeBus: relay,
    sharesCertificate: () => false,
    log,
  })
  answerAdmin({
    bus,
    runtime,
    listeners: listenersOf(name),
    http1: new Map(),
    http2: new Map(),
    purges: relay,
    startedWith: 0,
  })
  onTestFinished(() => runtime.close())
  return runtime
}

interface Asked {
  readonly query?: Record<string, string>
  readonly parameters?: Record<string, string>
  readonly body?: object
}

const start = (count: number, { settings = plain, redis }: { settings?: object; redis?: Redis } = {}) => {
  const { parent, workers, delivered } = joinedBuses(count)
  const runtimes = workers.map((bus, index) => startWorker(bus, `worker-${index + 1}`, settings, redis))
  const orders = new StandingOrders()
  const routes = adminApi({ bus: parent, orders, reload: async () => ({ workers: count, later: [] }) })
  const ask = async (route: string, { query = {}, parameters = {}, body = {} }: Asked = {}): Promise<unknown> =>
    routes[route]?.({ query: new URLSearchParams(query), parameters, body: body as Record<string, unknown> })
  const order = (verb: string, body?: object, of = { pool: 'web', member }): Promise<unknown> =>
    ask(`POST /pools/:pool/members/:member/${verb}`, { parameters: of, ...(body && { body }) })
  const row = async (name: string): Promise<unknown> => {
    const pools = (await ask('GET /pools')) as { members: { name: string }[] }[]
    return pools[0]?.members.find((one) => one.name === name)
  }
  return { parent, runtimes, delivered, routes, ask, order, row }
}

const refusal = (code: string, detail: RegExp) =>
  expect.toSatisfy((error) => error instanceof RoundtripError && error.code === code && detail.test(error.message))

describe.each([1, 2])('the pools of %i worker(s)', (count) => {
  it('drain a member and take it back', async () => {
    const { order, row } = start(count)
    expect(await order('drain')).toMatchObject({ pool: 'web', member, workers: count })
    expect(await row(member)).toMatchObject({ state: 'draining', why: 'takes no new work', sharePercent: 0 })
    await order('restore')
    expect(await row(member)).toMatchObject({ state: 'healthy', sharePercent: 50 })
  })

  it('weigh, add and remove members', async () => {
    const { order, row } = start(count)
    await order('weight', { weight: 3 })
    expect(await row(member)).toMatchObject({ weight: 3, sharePercent: 75 })
    await order('add', { weight: 4 }, { pool: 'web', member: 'http://127.0.0.1:3' })
    expect(await row('127.0.0.1:3')).toMatchObject({ weight: 4, sharePercent: 50, since: expect.stringMatching(/Z$/) })
    await order('remove', undefined, { pool: 'web', member: '127.0.0.1:3' })
    expect(await row('127.0.0.1:3')).toBeUndefined()
  })

  it.each([
    ['drain', { pool: 'wbe', member }, 'NOT_FOUND', /There is no pool wbe: there are web/],
    ['drain', { pool: 'web', member: 'x:1' }, 'NOT_FOUND', /web has no member x:1: there are 127\.0\.0\.1:1, 127/],
    ['restore', { pool: 'web', member: 'x:1' }, 'NOT_FOUND', /web has no member x:1: there are 127/],
    ['remove', { pool: 'web', member: 'x:1' }, 'NOT_FOUND', /web has no member x:1: there are 127/],
    ['weight', { pool: 'web', member: 'x:1' }, 'NOT_FOUND', /web has no member x:1: there are 127/],
    ['add', { pool: 'web', member: '10.0.0.1:80' }, 'BAD_REQUEST', /10\.0\.0\.1:80 is no origin/],
    ['add', { pool: 'web', member: 'http://a b' }, 'BAD_REQUEST', /is no origin/],
  ])('refuse to %s %o', async (verb, of, code, detail) => {
    await expect(start(count).order(verb, { weight: 1 }, of)).rejects.toEqual(refusal(code, detail))
  })

  it.each([{}, { weight: -1 }, { weight: '5' }, { weight: 1.5 }, { weight: 1001 }])('refuse %o', async (body) => {
    await expect(start(count).order('weight', body)).rejects.toEqual(refusal('BAD_REQUEST', /which weight/))
  })
})

describe('the certificates', () => {
  it('are told once for all workers that show them', async () => {
    expect(await start(2).ask('GET /certificates')).toEqual([
      { names: ['a.test', '*.a.test'], expires: '2030-01-01T00:00:00.000Z', fingerprint: 'AB:CD', workers: 2 },
      { names: [], expires: '1970-01-01T00:00:00.000Z', fingerprint: 'EF:01', workers: 1 },
    ])
  })
})

/** Fills the caches of all workers. */
const filled = async (count: number, redis?: Redis) => {
  const origin = await startOrigin((request, response) => {
    const fields = { 'cache-control': 'max-age=60, stale-while-revalidate=60', 'surrogate-key': 'shop' }
    response.writeHead(200, request.url === '/stale' ? { ...fields, age: '61' } : fields).end('ok')
  })
  const settings = { ...plain, pools: { web: { members: [{ origin }] } } }
  const edge = start(count, { settings, ...(redis && { redis }) })
  for (const runtime of edge.runtimes) {
    for (const target of ['/', '/a?b=1&a=2', '/a/b', '/stale'])
      await runtime.handler(testRequest({ target }), testContext())
  }
  await expect.poll(() => edge.runtimes.map(({ store }) => store.stats().objects)).toEqual(Array(count).fill(4))
  const purge = (body: object): Promise<unknown> => edge.ask('POST /cache/purge', { body })
  return { ...edge, purge }
}

describe('a purge by the admin API', () => {
  it.each([
    ['a URL', { url: `${site}/` }, 1],
    ['a URL in capitals, with its default port', { url: 'HTTPS://WWW.Roundtrip.TEST:443' }, 1],
    ['a URL as the rules of its route read it', { url: `${site}/a?utm_x=1&a=2&b=1#top` }, 1],
    ['a URL without its query', { url: `${site}/a` }, 0],
    ['another scheme', { url: 'http://www.roundtrip.test/' }, 0],
    ['a prefix', { prefix: `${site}/a` }, 2],
    ['a prefix that is a host', { prefix: 'https://WWW.roundtrip.test:443' }, 4],
    ['a host', { host: 'WWW.roundtrip.test:443' }, 4],
    ['another host', { host: 'roundtrip.test' }, 0],
    ['surrogate keys', { surrogateKeys: ['other', 'shop'] }, 4],
  ])('of %s', async (_what, body, count) => {
    const { purge, runtimes } = await filled(2)
    expect(await purge({ ...body, soft: true })).toEqual({ purged: 2 * count, workers: 2, others: 'none' })
    expect(runtimes.map(({ store }) => store.stats().objects)).toEqual([4, 4])
    expect(await purge(body)).toEqual({ purged: 2 * count, workers: 2, others: 'none' })
    expect(runtimes.map(({ store }) => store.stats().objects)).toEqual([4 - count, 4 - count])
  })

  it('goes to each worker once, and once to the other edges', async () => {
    const redis: Redis = { notes: [], isAway: false }
    const { purge, delivered, runtimes } = await filled(4, redis)
    delivered.length = 0
    expect(await purge({ url: `${site}/a?b=1&a=2` })).toEqual({ purged: 4, workers: 4, others: 'told' })
    expect(delivered.filter((topic) => topic === 'admin.purge')).toHaveLength(4)
    expect(delivered.filter((topic) => topic === 'purge.relayed')).toHaveLength(0)
    expect(redis.notes.map(({ command }) => command)).toEqual([{ soft: false, url: `${site}/a?a=2&b=1` }])
    expect(runtimes.map(({ store }) => store.stats().purged)).toEqual([1, 1, 1, 1])
  })

  it('says so when the other edges hear of it later', async () => {
    const { purge } = await filled(1, { notes: [], isAway: true })
    expect(await purge({ url: `${site}/` })).toEqual({ purged: 1, workers: 1, others: 'later' })
  })

  it('is what the method PURGE and unsafe methods do to all workers, too', async () => {
    const redis: Redis = { notes: [], isAway: false }
    const { runtimes } = await filled(2, redis)
    await runtimes[0]?.handler(testRequest({ method: 'POST', target: '/a/b' }), testContext())
    await expect.poll(() => runtimes.map(({ store }) => store.stats().objects)).toEqual([3, 3])
    expect(redis.notes.map(({ command }) => command)).toEqual([{ url: `${site}/a/b` }])
  })

  it.each([
    [{}],
    [{ url: '/a' }],
    [{ url: 'ftp://a.test/' }],
    [{ url: 'https://' }],
    [{ url: 'https://user@a.test/' }],
    [{ url: 5 }],
    [{ url: `${site}/`, host: 'a.test' }],
    [{ url: `${site}/`, soft: 'yes' }],
    [{ prefix: 'a.test' }],
    [{ host: 'https://a.test' }],
    [{ host: 'a b' }],
    [{ surrogateKeys: [] }],
    [{ surrogateKeys: 'shop' }],
    [{ surrogateKeys: [1] }],
    [{ everything: true }],
  ])('is refused when it says %o', async (body) => {
    const { ask } = start(1)
    await expect(ask('POST /cache/purge', { body })).rejects.toEqual(refusal('BAD_REQUEST', /Say one thing|is not? /))
  })
})

describe('why a request was a hit or a miss', () => {
  it.each([
    ['/', {}, { decision: 'hit', route: 'all', selected: { status: 200 } }],
    ['/stale', {}, { decision: 'hit-and-revalidate', selected: { ageMs: expect.any(Number) } }],
    ['/none', {}, { decision: 'miss', reason: 'uri-miss', selected: undefined }],
    ['/api/x', {}, { decision: 'bypass', route: 'api' }],
    ['/', { method: 'post' }, { decision: 'method' }],
    ['/', { header: 'Cache-Control: no-cache' }, { decision: 'validate' }],
    ['/a?a=2&utm_z=&b=1', {}, { decision: 'hit', key: `${site}/a?a=2&b=1` }],
  ])('%s %o', async (target, query, explanation) => {
    const { ask } = await filled(1)
    const answer = await ask('GET /cache/explain', { query: { url: site + target, ...query } })
    expect(answer).toMatchObject(explanation)
  })

  it('is told by each of several workers', async () => {
    const { ask } = await filled(2)
    const answer = await ask('GET /cache/explain', { query: { url: `${site}/` } })
    expect(answer).toMatchObject([{ decision: 'hit' }, { decision: 'hit' }])
  })

  it.each<[query: Record<string, string>, code: string, detail: RegExp]>([
    [{}, 'BAD_REQUEST', /Say for which URL/],
    [{ url: '/' }, 'BAD_REQUEST', /is not a URL/],
    [{ url: 'mailto:a@b' }, 'BAD_REQUEST', /is not a URL/],
    [{ url: `${site}/`, header: 'none' }, 'BAD_REQUEST', /no header field/],
    [{ url: 'https://b.test/' }, 'NOT_FOUND', /No route/],
  ])('cannot be told for %o', async (query, code, detail) => {
    const settings = { ...plain, routes: [{ name: 'all', hosts: ['www.roundtrip.test'] }] }
    const { ask } = start(1, { settings })
    await expect(ask('GET /cache/explain', { query })).rejects.toEqual(refusal(code, detail))
  })
})

describe('what workers say of themselves', () => {
  it('is added up or listed', async () => {
    const { ask } = await filled(2)
    expect(await ask('GET /cache')).toMatchObject({ objects: 8, stored: 8, misses: { 'uri-miss': 8 } })
    expect(await ask('GET /connections')).toMatchObject([
      { listener: 'https', protocol: 'h2', client: 'worker-1', ageMs: expect.any(Number), requests: 3, inFlight: 1 },
      { client: 'worker-2' },
    ])
    expect(await ask('GET /slow')).toEqual([])
    expect(await ask('POST /reload')).toEqual({ workers: 2, later: [] })
    expect(await ask('GET /')).toMatchObject({ routes: expect.arrayContaining(['GET /pools']) })
  })

  it('has no secret in it', async () => {
    const secret = 'hunter2'
    const pools = { web: { ...plain.pools.web, balance: { sticky: { secret } } } }
    const settings = await start(1, { settings: { ...plain, pools } }).ask('GET /settings')
    expect(settings).toMatchObject({ pools: { web: { balance: { sticky: { secret: '(hidden)' } } } } })
    expect(JSON.stringify(settings)).not.toContain(secret)
  })
})

describe('recycling', () => {
  it('is refused where there is one process', async () => {
    await expect(start(1).ask('POST /recycle')).rejects.toEqual(refusal('CONFLICT', /one process only/))
  })

  it('says when the new workers do not come up', async () => {
    const { parent, ask } = start(2)
    parent.subscribe(workerStatusTopic, () => [])
    const problem = 'Worker 2 ended with status 1 before it was ready.'
    parent.subscribe(recycleTopic, () => ({ workers: [], problem }))
    const told = /^Not all workers were replaced; the others go on\. Worker 2 ended with status 1/
    await expect(ask('POST /recycle')).rejects.toEqual(refusal('WORKER_FAILED', told))
  })

  it('says when that takes too long', async () => {
    const { parent, ask } = start(2)
    parent.subscribe(workerStatusTopic, () => [])
    // A handler that fails is one that does not answer, to who asks.
    parent.subscribe(recycleTopic, () => Promise.reject(new RoundtripError('WORKER_FAILED')))
    await expect(ask('POST /recycle')).rejects.toEqual(refusal('WORKER_FAILED', /GET \/workers shows/))
  })

  it('tells what the workers are then', async () => {
    const { parent, ask } = start(2)
    const status = [{ slot: 1, pid: 5, state: 'ready' as const, uptimeMs: 7, crashes: 0 }]
    parent.subscribe(recycleTopic, async () => ({ workers: status }))
    parent.subscribe(workerStatusTopic, () => status)
    expect(await ask('POST /recycle')).toEqual(status)
    expect(await ask('GET /workers')).toMatchObject({ workers: status })
  })
})
