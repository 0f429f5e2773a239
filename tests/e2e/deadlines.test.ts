/** Work ends through all tiers, down to the statement in Postgres, when its time is over or nobody waits for it any more. */
import { startStack, type Stack } from '@roundtrip/stack'
import { Client as PostgresClient } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { clientOf, type Client } from '../helpers/client.ts'
import { query } from '../helpers/sql.ts'

const productId = 12

let stack: Stack
let clients: { hasty: Client; patient: Client; patientHttp2: Client }
/** Keeps the product locked, so that orders of it wait. */
let holder: PostgresClient

beforeAll(async () => {
  // The next hops keep their own settings, which are ten seconds each.
  const settings = { 'edge-1': { EDGE_FIRST_BYTE_TIMEOUT_MS: '1500' } }
  stack = await startStack({ restart: false, control: false, settings })
  clients = {
    hasty: clientOf(stack),
    patient: clientOf(stack, { edge: 1 }),
    patientHttp2: clientOf(stack, { edge: 1, http2: true }),
  }
})

afterAll(async () => {
  await Promise.all(Object.values(clients ?? {}).map((client) => client.close()))
  await stack?.stop()
})

beforeEach(async () => {
  const { primaryUrl, databasePassword: password } = stack.data
  const { hostname: host, port, username: user, pathname } = new URL(primaryUrl)
  holder = new PostgresClient({ host, port: Number(port), user, password, database: pathname.slice(1) })
  await holder.connect()
  await holder.query('begin')
  await holder.query('select from products where id = $1 for update', [productId])
})

afterEach(async () => {
  await holder.end()
})

const ask = async (statement: string): Promise<Record<string, unknown> | undefined> =>
  (await query(stack.data.primaryUrl, stack.data.databasePassword, statement))[0]

/** Statements of the application that wait for the lock. */
const waiting = async (): Promise<number> => {
  const row = await ask(`select count(*)::int as n from pg_stat_activity
    where wait_event_type = 'Lock' and application_name like 'app-%' and state = 'active'`)
  return Number(row?.['n'])
}

const order = (client: Client, signal?: AbortSignal) =>
  client('/api/orders', {
    method: 'POST',
    json: { name: 'Alice', email: 'deadlines@example.com', lines: [{ productId, quantity: 1 }] },
    ...(signal !== undefined && { signal }),
  })

const ordersPlaced = async (): Promise<unknown> =>
  (await ask(`select count(*)::int as n from orders where email = 'deadlines@example.com'`))?.['n']

describe('the time that the edge leaves', () => {
  it('is heeded by the application: it stops, and says so', async () => {
    const reply = await order(clients.hasty)
    expect([reply.status, reply.json()]).toEqual([504, expect.objectContaining({ code: 'DEADLINE_EXCEEDED' })])
    expect(reply.headers['x-envoy-expected-rq-timeout-ms']).toBeUndefined()
    await vi.waitFor(async () => expect(await waiting()).toBe(0))
    await holder.query('rollback')
    expect(await ordersPlaced()).toBe(0)
  })
})

describe('a client that goes away', () => {
  it.each(['patient', 'patientHttp2'] as const)('takes its statement along: %s', async (name) => {
    const controller = new AbortController()
    const answer = order(clients[name], controller.signal).catch((error: unknown) => error)
    await vi.waitFor(async () => expect(await waiting()).toBe(1), { timeout: 5_000 })
    controller.abort()
    await answer
    // Left alone, it would wait for five seconds, as long as Postgres lets a statement of a write run.
    await vi.waitFor(async () => expect(await waiting()).toBe(0), { timeout: 2_000 })
    await holder.query('rollback')
    expect(await ordersPlaced()).toBe(0)
  })
})
