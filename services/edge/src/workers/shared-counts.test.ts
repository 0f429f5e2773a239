import { Agent } from 'node:https'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { runParent } from '../testing/run-parent.ts'
import { ask, settingsFile, startOrigin, type Reply } from '../testing/test-edge.ts'

const main = join(import.meta.dirname, '../main.ts')

const policies = [{ quota: 1000, windowMs: 3_600_000, cost: 100 }]

it.each([
  ['without Redis', {}],
  ['while Redis is away', { EDGE_REDIS_URL: 'redis://127.0.0.1:1' }],
])(
  'workers count as one %s: who had its quota from one of them is refused by the other',
  async (_when, redis: Record<string, string>) => {
    const origin = await startOrigin((_request, response) => response.end())
    const settings = { routes: [{ name: 'default', cache: { enabled: false }, rateLimit: { policies } }] }
    const environment = { EDGE_SETTINGS_FILE: settingsFile(settings), EDGE_UPSTREAMS: origin, ...redis }
    const edge = { ...(await runParent(2, environment, main)), component: undefined as never }
    const connect = (): (() => Promise<Reply>) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      onTestFinished(() => agent.destroy())
      return () => ask(edge, '/', { agent })
    }
    const askOne = connect()
    const statuses: number[] = []
    for (let i = 0; i < 11; i++) statuses.push((await askOne()).status)
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 200), 429])
    // The kernel chooses the worker of a connection: there are more until one comes to the other, which has heard nothing yet.
    let askOther = connect()
    while ((await askOther()).status === 429) askOther = connect()
    let passed = 1
    await expect.poll(async () => (await askOther()).status === 429 || passed++, { timeout: 10_000 }).toBe(true)
    expect(passed).toBeLessThan(10)
  },
  60_000,
)
