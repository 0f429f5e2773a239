/** A change of primary under a shop in use: what was acknowledged is there once, and writes go on by themselves. */
import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { startStack, type FailoverReport, type Stack } from '@roundtrip/stack'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeStateFolder } from '../helpers/cleanups.ts'
import { clientOf, type Client, type Reply } from '../helpers/client.ts'
import { query } from '../helpers/sql.ts'

/** Writes are good again within this after the promotion. What is measured is far less, but machines are shared. */
const barMs = 5_000

const order = { name: 'Alice', email: 'alice@example.com', lines: [{ productId: 3, quantity: 1 }] }

/** Without Retry-After only what may have happened: under the same key it is safe to ask again at once. */
const saysWhatToDo = (reply: Reply): boolean =>
  reply.status === 503 &&
  (reply.headers['retry-after'] !== undefined || reply.json()['code'] === 'WRITE_OUTCOME_UNKNOWN')

class Shoppers {
  readonly #client: Client
  readonly #stop = new AbortController()
  readonly #work: Promise<void>[]
  readonly #waiters: { readonly count: number; readonly resolve: () => void }[] = []
  /** Of orders that were acknowledged. */
  readonly placed: string[] = []
  readonly refused: Reply[] = []
  readonly reads: number[] = []

  constructor(client: Client) {
    this.#client = client
    this.#work = [...Array.from({ length: 4 }, () => this.#order()), this.#read()]
  }

  havePlaced(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiters.push({ count, resolve })
    return promise
  }

  /** Each ends with what it has begun: every order is acknowledged then. */
  async leave(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#work)
  }

  async #order(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const headers = { 'idempotency-key': randomUUID() }
      const ask = { method: 'POST', headers, json: order } as const
      let reply = await this.#client('/api/orders', ask)
      while (reply.status !== 201) {
        this.refused.push(reply)
        reply = await this.#client('/api/orders', ask)
      }
      this.placed.push(reply.json<{ id: string }>().id)
      for (const { count, resolve } of this.#waiters) if (this.placed.length >= count) resolve()
    }
  }

  async #read(): Promise<void> {
    // Past the edge's cache.
    const headers = { 'cache-control': 'no-cache' }
    while (!this.#stop.signal.aborted) this.reads.push((await this.#client('/api/users', { headers })).status)
  }
}

describe('a failover under load', () => {
  const root = makeStateFolder()
  let stack: Stack
  let client: Client
  const placed: string[] = []

  beforeAll(async () => {
    stack = await startStack({ root, durable: false })
    client = clientOf(stack)
  })
  afterAll(async () => {
    await client.close()
    await stack.stop()
    rmSync(root, { recursive: true, force: true })
  })

  const orders = async (): Promise<string[]> => {
    const { primaryUrl, databasePassword } = stack.data
    const rows = await query(primaryUrl, databasePassword, 'select id from orders')
    return rows.map(({ id }) => String(id)).toSorted()
  }
  const others: string[] = []

  /** Shoppers come, the primary changes, shoppers go; then all that was acknowledged is counted. */
  const during = async (
    breakIt: () => void | Promise<void>,
  ): Promise<{ report: FailoverReport; shoppers: Shoppers }> => {
    const shoppers = new Shoppers(client)
    try {
      await shoppers.havePlaced(20)
      await breakIt()
      const report = await stack.database.failover()
      await shoppers.havePlaced(shoppers.placed.length + 20)
      return { report, shoppers }
    } finally {
      await shoppers.leave()
      placed.push(...shoppers.placed)
    }
  }

  const expectNothingLost = async ({ report, shoppers }: Awaited<ReturnType<typeof during>>): Promise<void> => {
    expect(report).toMatchObject({ lost: 'nothing', warnings: [] })
    expect(report.writableAfterMs).toBeLessThan(barMs)
    // No more and no fewer: nothing acknowledged is missing, nothing was done twice.
    expect(await orders()).toEqual([...others, ...placed].toSorted())
    expect(new Set(shoppers.reads)).toEqual(new Set([200]))
    expect(shoppers.refused.filter((reply) => !saysWhatToDo(reply))).toEqual([])
  }

  const roles = async () => {
    const { nodes } = await stack.database.status()
    return nodes.map(({ name, role, state, isStreaming }) => [name, role, state, isStreaming])
  }

  it('loses and doubles nothing, refuses writes clearly in between, and never stops reads', async () => {
    others.push(...(await orders()))
    const done = await during(() => {})
    expect(done.report).toMatchObject({ from: 'postgres-primary', to: 'postgres-replica', former: 'shut-down' })
    await expectNothingLost(done)
    expect(await roles()).toEqual([
      ['postgres-primary', 'replica', 'ready', true],
      ['postgres-replica', 'primary', 'ready', undefined],
    ])
  })

  it('goes back by a second one', async () => {
    const done = await during(() => {})
    expect(done.report).toMatchObject({ to: 'postgres-primary', former: 'shut-down' })
    await expectNothingLost(done)
  })

  it('loses nothing that a killed primary had acknowledged', async () => {
    const done = await during(() => stack.instance('postgres-primary').kill())
    expect(done.report.to).toBe('postgres-replica')
    await expectNothingLost(done)
  })

  it('loses nothing with a frozen primary', async () => {
    const done = await during(() => stack.instance('postgres-replica').pause())
    expect(done.report.to).toBe('postgres-primary')
    await expectNothingLost(done)
  })

  it('is remembered by the next start, which migrates the right one', async () => {
    await stack.database.failover()
    await client.close()
    await stack.stop()
    stack = await startStack({ root, durable: false })
    client = clientOf(stack)
    expect(await roles()).toEqual([
      ['postgres-primary', 'replica', 'ready', true],
      ['postgres-replica', 'primary', 'ready', undefined],
    ])
    expect(await orders()).toEqual([...others, ...placed].toSorted())
    expect((await client('/api/orders', { method: 'POST', json: order })).status).toBe(201)
  })
})
