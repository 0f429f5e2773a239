/** Visitors read what they wrote a moment ago, at the other instance of the application, while the replica is held a second behind. */
import { parseServerTiming } from '@roundtrip/http'
import { startStack, type Stack } from '@roundtrip/stack'
import { Pool } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { at } from '../../helpers/client.ts'
import { DatabaseNodes } from './database-nodes.ts'

const { ROUNDTRIP_PAIRS: pairs = '1000' } =
  // oxlint-disable-next-line node/no-process-env -- how many is said on the command line
  process.env

const sessions = 20
const setUpMs = 120_000
const sampled = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }

let stack: Stack
let nodes: DatabaseNodes
let instances: Pool[] = []

beforeAll(async () => {
  const include = ['data', 'migrate', 'app-1', 'app-2']
  const settings = { app: { SERVICE_LOG_LEVEL: 'error' } }
  stack = await startStack({ include, settings, restart: false, control: false })
  instances = ['app-1', 'app-2'].map((name) => {
    const { host, ports } = stack.address(name)
    return new Pool(`http://${host}:${ports['http']}`, { connections: sessions })
  })
  nodes = new DatabaseNodes(stack)
  const replica = await nodes.replica()
  await nodes.ask(replica, `alter system set recovery_min_apply_delay = '1s'`)
  await nodes.ask(replica, 'select pg_reload_conf()')
}, setUpMs)

afterAll(async () => {
  await Promise.all(instances.map((instance) => instance.close()))
  await stack?.stop()
})

interface Answer {
  readonly body: Record<string, unknown>
  readonly cookies: Record<string, string>
  readonly position: string | undefined
  /** Database nodes that were asked, in turn. */
  readonly nodes: readonly string[]
}

const cookiesOf = (lines: readonly string[]): Record<string, string> =>
  Object.fromEntries(lines.map((line) => (line.split(';', 1)[0] ?? '').split('=') as [string, string]))

const ask = async (instance: Pool, path: string, headers: Record<string, string>, json?: object): Promise<Answer> => {
  const reply = await instance.request({
    path,
    method: json === undefined ? 'GET' : 'POST',
    headers: { ...sampled, ...headers, ...(json !== undefined && { 'content-type': 'application/json' }) },
    body: json === undefined ? null : JSON.stringify(json),
  })
  const body = (await reply.body.json()) as Record<string, unknown>
  expect([path, reply.statusCode, body]).toEqual([path, expect.toSatisfy((status: number) => status < 300), body])
  const timing = parseServerTiming(String(reply.headers['server-timing'] ?? ''))
  return {
    body,
    cookies: cookiesOf([reply.headers['set-cookie'] ?? []].flat()),
    position: reply.headers['x-session-position'] as string | undefined,
    nodes: timing.filter(({ name }) => name === 'db').map(({ description = '' }) => description),
  }
}

/** What a session remembers of an answer, as a browser does or as a program. */
const remembered = ({ cookies, position = '' }: Answer, isBrowser: boolean): Record<string, string> =>
  isBrowser
    ? {
        cookie: Object.entries(cookies)
          .map((pair) => pair.join('='))
          .join('; '),
      }
    : { 'x-session-position': position }

interface Product {
  readonly id: number
  readonly name: string
  readonly stock: number
}

interface Tally {
  stale: string[]
  ownPairs: number
  /** How often the replica was seen not to have what had just been written. */
  behind: number
  /** Database nodes that answered those who have not written. */
  otherNodes: string[]
}

/** Asked past the application: what the test is about is there to be got wrong. */
const isReplicaBehind = async (productId: number, stock: number): Promise<number> => {
  const [row] = await nodes.ask(await nodes.replica(), `select stock from products where id = ${productId}`)
  return Number(row?.['stock'] !== stock)
}

/** Buys of a product that nobody else buys, and looks at what is left of it: through the cache, and past it. */
const shop = async (session: number, times: number, tally: Tally): Promise<void> => {
  const productId = 1 + session
  const path = `/api/products/${productId}`
  const product = (await ask(at(instances, 0), path, {})).body as unknown as Product
  const search = `/api/products?q=${encodeURIComponent(product.name)}`
  let { stock } = product
  for (let time = 0; time < times; time++) {
    const [here, there] = time % 2 === 0 ? [at(instances, 0), at(instances, 1)] : [at(instances, 1), at(instances, 0)]
    const lines = [{ productId, quantity: 1 }]
    const bought = await ask(here, '/api/orders', {}, { name: 'Alice', email: 'alice@example.com', lines })
    stock--
    if (time === 1) tally.behind += await isReplicaBehind(productId, stock)
    const mine = remembered(bought, session % 2 === 0)
    const kept = (await ask(there, path, mine)).body as unknown as Product
    const { products } = (await ask(there, search, mine)).body as unknown as { products: Product[] }
    const found = products.find(({ id }) => id === productId)
    if (kept.stock !== stock) tally.stale.push(`${path}: ${kept.stock} instead of ${stock}`)
    if (found?.stock !== stock) tally.stale.push(`${search}: ${found?.stock} instead of ${stock}`)
    await ask(there, `/api/orders/${String(bought.body['id'])}`, mine)
    tally.ownPairs++
    const others = time % 2 === 0 ? '/api/users?limit=1' : `/api/products?limit=1&q=oak`
    tally.otherNodes.push(...(await ask(there, others, {})).nodes)
  }
}

test(
  `${pairs} writes and reads of one's own: none is stale, and other reads stay on the replica`,
  async () => {
    const tally: Tally = { stale: [], ownPairs: 0, behind: 0, otherNodes: [] }
    const times = Math.ceil(Number(pairs) / sessions)
    const beganMs = performance.now()
    await Promise.all(Array.from({ length: sessions }, (_, session) => shop(session, times, tally)))
    const onReplicas = tally.otherNodes.filter((node) => node.startsWith('replica')).length
    const share = onReplicas / tally.otherNodes.length
    const seconds = ((performance.now() - beganMs) / 1000).toFixed(1)
    console.log(
      `${tally.ownPairs} pairs in ${seconds} s, ${tally.stale.length} stale, ${(share * 100).toFixed(1)} % of ${tally.otherNodes.length} other reads on replicas`,
    )
    expect(tally.behind).toBeGreaterThan(0)
    expect(tally.stale).toEqual([])
    expect(tally.ownPairs).toBe(times * sessions)
    expect(share).toBeGreaterThanOrEqual(0.8)
  },
  setUpMs + Number(pairs) * 60,
)
