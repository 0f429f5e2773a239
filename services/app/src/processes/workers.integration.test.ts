/** Several processes on one port, for real: they share it, are replaced and killed under load, and nothing is lost. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { Agent, request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { readExposition } from '@roundtrip/metrics/testing'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { orderOf, startInstances, type Forked, type Instances } from '../testing/instances.ts'

/** Longer than such a test takes on a machine that has other things to do. */
const timeout = 120_000
/** Of the application itself, which waits ten seconds at most for anything. */
const answerTimeoutMs = 30_000
const sampled = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

let use: Instances

beforeAll(async () => {
  use = await startInstances()
})

afterAll(() => use.close())

const start = async (environment: Record<string, string>): Promise<Forked> => {
  const app = await use.fork({
    SERVICE_HEALTH_PORT: '0',
    SERVICE_INSTANCE: 'app-1',
    APP_PRIMARY_URL: use.primaryUrl,
    ...environment,
  })
  onTestFinished(() => void app.child.kill('SIGKILL'))
  return app
}

interface Answer {
  readonly status: number | undefined
  /** The name of the process. */
  readonly by: string
  readonly body: string
}

const ask = async (
  url: string,
  agent: Agent,
  body?: { readonly json: unknown; readonly key: string },
): Promise<Answer> => {
  const asked = request(url, {
    agent,
    signal: AbortSignal.timeout(answerTimeoutMs),
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      traceparent: sampled,
      ...(body && { 'content-type': 'application/json', 'idempotency-key': body.key }),
    },
  })
  asked.end(body && JSON.stringify(body.json))
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const timings = String(response.headers['server-timing'])
  return {
    status: response.statusCode,
    by: /desc="?(app-[\d.]+)/.exec(timings)?.[1] ?? timings,
    body: await text(response),
  }
}

interface Load {
  readonly failures: unknown[]
  readonly answeredBy: Map<string, number>
  /** Orders that were acknowledged. */
  orders: number
  stop(): Promise<void>
}

/** Said of requests that certainly did nothing, when there was not even the time to ask a database how it is. */
const isBusyMachine = (problem: string): boolean => /"code":"DATABASE_(?:UNAVAILABLE|BUSY)"/.test(problem)

const keepAlive = (): Agent => new Agent({ keepAlive: true, maxSockets: 1 })

/** Clients that keep their connection and some that do not, reading and ordering as fast as they can. None sends anything again. */
const startLoad = (url: string, productId: number): Load => {
  const state = { isRunning: true }
  let next = 0
  const run = async (agent: Agent, isOrdering: boolean): Promise<void> => {
    while (state.isRunning) {
      const order = isOrdering ? { json: orderOf(productId), key: `load-${productId}-${next++}` } : undefined
      const path = isOrdering ? '/api/orders' : `/api/products/${productId}`
      try {
        const { status, by, body } = await ask(`${url}${path}`, agent, order)
        load.answeredBy.set(by, (load.answeredBy.get(by) ?? 0) + 1)
        if (status === 201) load.orders++
        else if (status !== 200 && !isBusyMachine(body)) load.failures.push(`${status} ${body}`)
      } catch (error) {
        load.failures.push(error)
      }
    }
    agent.destroy()
  }
  const clients = [
    ...Array.from({ length: 4 }, () => run(keepAlive(), false)),
    ...Array.from({ length: 3 }, () => run(keepAlive(), true)),
    run(new Agent(), false),
    run(new Agent(), true),
  ]
  const load: Load = {
    failures: [],
    answeredBy: new Map(),
    orders: 0,
    stop: async () => {
      state.isRunning = false
      await Promise.all(clients)
    },
  }
  return load
}

/** Ids of its worker processes, from Linux. */
const workersOf = async ({ child: { pid } }: Forked): Promise<number[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean).map(Number)

/** Resolves when there have been so many worker processes, one after the other or side by side. */
const untilSeen = async (app: Forked, count: number): Promise<void> => {
  const seen = new Set<number>()
  const look = async (): Promise<number> => {
    for (const pid of await workersOf(app)) seen.add(pid)
    return seen.size
  }
  await vi.waitUntil(async () => (await look()) >= count, { timeout: 100_000, interval: 20 })
}

const ready = async (url: string): Promise<unknown> => (await fetch(`${url}/health/ready`)).json()

const exitOf = async ({ child }: Forked): Promise<unknown> => (await once(child, 'exit'))[0]

it('share a port and one health, and end in good order', { timeout }, async () => {
  const app = await start({ APP_WORKERS: '2' })
  const product = await use.addProduct('shared', 10)
  const names = new Set<string>()
  while (names.size < 2) names.add((await ask(`${app.url}/api/products/${product.id}`, new Agent())).by)
  expect([...names].toSorted()).toEqual(['app-1.1', 'app-1.2'])
  const healthy = { ready: true, started: true, checks: { primary: 'ok', workers: '2 of 2' } }
  for (const url of [app.url, app.health]) {
    expect(await ready(url)).toMatchObject(healthy)
    expect((await fetch(`${url}/health/startup`)).status).toBe(200)
  }
  const exit = exitOf(app)
  app.child.kill('SIGTERM')
  expect(await exit).toBe(0)
})

it('tell their figures together, where no client can ask', { timeout }, async () => {
  const app = await start({ APP_WORKERS: '2' })
  for (let asked = 0; asked < 20; asked++) await ask(`${app.url}/api/users`, new Agent())
  const families = readExposition(await (await fetch(`${app.health}/metrics`)).text())
  const answered = families.get('app_responses_total')?.series ?? []
  expect(answered).toContainEqual({
    name: 'app_responses_total',
    labels: { route: 'GET /api/users', status: '2xx' },
    value: 20,
  })
  expect(families.get('app_workers')?.series[0]?.value).toBe(2)
  expect((await fetch(`${app.url}/metrics`)).status).toBe(404)
})

it(
  'are not ready as soon as they are to stop, and go on answering until balancers have noticed',
  { timeout },
  async () => {
    const app = await start({ APP_WORKERS: '2', SERVICE_LAME_DUCK_MS: '2147483647' })
    app.child.kill('SIGTERM')
    const retired = { ready: false, started: true, checks: { draining: 'yes', workers: '0 of 2' } }
    await expect.poll(() => ready(app.url), { timeout: 10_000 }).toMatchObject(retired)
    expect(await ready(app.health)).toEqual({ ready: false, checks: { draining: 'yes' } })
    expect((await ask(`${app.url}/api/users`, new Agent())).status).toBe(200)
  },
)

it('are replaced after so many requests: none is lost, and no order is placed twice', { timeout }, async () => {
  const app = await start({ APP_WORKERS: '2', APP_MAX_REQUESTS: '200' })
  const product = await use.addProduct('recycled', 1_000_000)
  const load = startLoad(app.url, product.id)
  // Each of the first two has been replaced, and one of the next.
  await untilSeen(app, 5)
  await load.stop()
  expect(load.failures).toEqual([])
  expect(load.orders).toBeGreaterThan(0)
  expect(await use.countsOf(product.id)).toMatchObject({ orders: load.orders, mails: load.orders })
})

it('are replaced even if there is only one', { timeout }, async () => {
  const app = await start({ APP_MAX_REQUESTS: '50' })
  const product = await use.addProduct('alone', 1_000_000)
  const load = startLoad(app.url, product.id)
  await untilSeen(app, 3)
  await load.stop()
  expect(load.failures).toEqual([])
  expect(await use.countsOf(product.id)).toMatchObject({ orders: load.orders })
})

it('are replaced when killed; what was ordered is there, at most once', { timeout }, async () => {
  const app = await start({ APP_WORKERS: '2' })
  const product = await use.addProduct('killed', 1_000_000)
  const before = await workersOf(app)
  const load = startLoad(app.url, product.id)
  await expect.poll(() => load.answeredBy.size, { timeout: 20_000 }).toBe(2)
  process.kill(before[0] ?? 0, 'SIGKILL')
  const added = async (): Promise<number[]> => (await workersOf(app)).filter((pid) => !before.includes(pid))
  await expect.poll(added, { timeout: 20_000 }).toHaveLength(1)
  load.answeredBy.clear()
  await expect.poll(() => load.answeredBy.size, { timeout: 20_000 }).toBe(2)
  await load.stop()
  // What the dead one had in hand, at most: one request of each client.
  expect(load.failures.length).toBeLessThanOrEqual(9)
  const { orders = 0 } = (await use.countsOf(product.id)) ?? {}
  expect(orders).toBeGreaterThanOrEqual(load.orders)
  expect(orders).toBeLessThanOrEqual(load.orders + load.failures.length)
})
