/** One order for each idempotency key, whatever breaks: against a real Postgres, over several instances. */
import type { Order } from '@roundtrip/contracts'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { useContract } from './testing/contract.ts'
import { order, orderOf, startInstances, type Instances } from './testing/instances.ts'

useContract()

let use: Instances

beforeAll(async () => {
  use = await startInstances()
})

afterEach(async () => {
  use.proxy.onSent = undefined
  use.proxy.thaw()
  await use.proxy.up()
})

afterAll(() => use.close())

/** Lets the COMMIT of the order with that key through to Postgres, and nothing back. The relay commits as well. */
const freezeAtCommit = (key: string): Promise<void> =>
  new Promise((resolve) => {
    let ordering: unknown
    use.proxy.onSent = (chunk, connection) => {
      if (chunk.includes(key)) ordering = connection
      if (connection !== ordering || !chunk.includes('commit;')) return
      use.proxy.onSent = undefined
      use.proxy.freeze()
      resolve()
    }
  })

const untilOrdered = async (productId: number): Promise<void> => {
  while ((await use.countsOf(productId))?.orders !== 1);
}

describe('the same key', () => {
  test('and the same order: the first answer again, from any instance', async () => {
    const { id } = await use.addProduct('Once', 10)
    const first = await order(use.behindProxy, orderOf(id), 'once')
    const text = await first.text()
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([201, null])
    const reordered = { lines: [{ quantity: 1, productId: id }], email: 'alice@example.com', name: 'Alice' }
    const again = await order(use.direct, reordered, 'once')
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
    expect([await again.text(), again.headers.get('location')]).toEqual([text, first.headers.get('location')])
    expect(await use.countsOf(id)).toEqual({ orders: 1, mails: 1, stock: 9 })
  })

  test('and another order: 422', async () => {
    const { id } = await use.addProduct('Reused', 10)
    await order(use.direct, orderOf(id), 'reused')
    const refused = await order(use.direct, orderOf(id, 2), 'reused')
    expect([refused.status, refused.headers.get('content-type')]).toEqual([422, 'application/problem+json'])
    expect(await refused.json()).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
    expect(await use.countsOf(id)).toEqual({ orders: 1, mails: 1, stock: 9 })
  })

  test('while the first is being carried out: 409 with Retry-After, then the first answer', async () => {
    const { id } = await use.addProduct('In Flight', 10)
    const held = Promise.withResolvers<void>()
    const holding = Promise.withResolvers<void>()
    const holder = use.database.write(async (tx) => {
      await tx.query('select from products where id = $1 for update', [id])
      holding.resolve()
      await held.promise
    })
    await holding.promise
    const both = [order(use.behindProxy, orderOf(id), 'in-flight')]
    both.push(order(use.direct, orderOf(id), 'in-flight'))
    // One of them has the key and waits for the product; the other one is answered at once.
    const refused = await Promise.race(both)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([409, '1'])
    expect(await refused.json()).toMatchObject({ code: 'IDEMPOTENCY_KEY_IN_FLIGHT' })
    held.resolve()
    await holder
    const statuses = (await Promise.all(both)).map(({ status }) => status)
    expect(statuses.toSorted((a, b) => a - b)).toEqual([201, 409])
    expect((await order(use.direct, orderOf(id), 'in-flight')).headers.get('idempotency-replayed')).toBe('true')
    expect(await use.countsOf(id)).toEqual({ orders: 1, mails: 1, stock: 9 })
  })

  test('from 20 impatient clients at both instances: one order, and all get to know it', async () => {
    const { id } = await use.addProduct('Impatient', 100)
    const apps = [use.behindProxy, use.direct]
    const insist = async (client: number): Promise<string> => {
      for (;;) {
        const response = await order(apps[client % 2] ?? '', orderOf(id), 'impatient')
        if (response.status !== 409) return response.text()
        expect(await response.json()).toMatchObject({ code: 'IDEMPOTENCY_KEY_IN_FLIGHT' })
      }
    }
    const answers = await Promise.all(Array.from({ length: 20 }, (_, client) => insist(client)))
    expect(new Set(answers).size).toBe(1)
    expect(JSON.parse(answers[0] ?? '')).toMatchObject({ status: 'placed' })
    expect(await use.countsOf(id)).toEqual({ orders: 1, mails: 1, stock: 99 })
  })

  test('after a refusal: tried again, for a refusal leaves nothing behind', async () => {
    const { id } = await use.addProduct('Refused', 0)
    expect((await order(use.direct, orderOf(id), 'refused')).status).toBe(409)
    await use.database.write((tx) => tx.query('update products set stock = 1 where id = $1', [id]))
    expect((await order(use.direct, orderOf(id), 'refused')).status).toBe(201)
  })
})

test.each(['', 'with space', 'ü', 'x'.repeat(256)])('a key that is none is refused: %j', async (key) => {
  const refused = await order(use.direct, orderOf(1), key)
  expect(await refused.json()).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' })
})

test('a double click on a page orders once; the next page orders anew', async () => {
  const { id, slug } = await use.addProduct('Double Click', 10)
  const submit = async (key: string, quantity = '1'): Promise<string | null> => {
    const body = new URLSearchParams({ key, quantity, productId: String(id), name: 'Al', email: 'al@example.com' })
    const response = await fetch(`${use.direct}/orders`, { method: 'POST', body, redirect: 'manual' })
    expect(response.status).toBe(303)
    return response.headers.get('location')
  }
  const keyOfPage = async (): Promise<string> => {
    const page = await (await fetch(`${use.direct}/products/${slug}`)).text()
    return /name="key" value="([^"]+)"/.exec(page)?.[1] ?? ''
  }
  const key = await keyOfPage()
  const [first, second] = await Promise.all([submit(key), submit(key)])
  expect(first).toBe(second)
  expect(await submit(key, '2')).not.toBe(first)
  expect(await submit(await keyOfPage())).not.toBe(first)
  expect(await use.countsOf(id)).toEqual({ orders: 3, mails: 3, stock: 6 })
})

describe('after the COMMIT, before its answer,', () => {
  test('the connection is cut: the outcome is unknown until the key is sent again', async () => {
    const { id } = await use.addProduct('Cut', 10)
    const frozen = freezeAtCommit('cut-off')
    const unsure = order(use.behindProxy, orderOf(id), 'cut-off')
    await frozen
    await untilOrdered(id)
    await use.proxy.down()
    const problem = (await (await unsure).json()) as { code: string; detail: string }
    expect(problem.code).toBe('WRITE_OUTCOME_UNKNOWN')
    expect(problem.detail).toContain('same Idempotency-Key')
    const resolved = await order(use.direct, orderOf(id), 'cut-off')
    expect([resolved.status, resolved.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
    expect(await use.countsOf(id)).toEqual({ orders: 1, mails: 1, stock: 9 })
  })

  test('the process is killed: another instance knows the order', async () => {
    const { id } = await use.addProduct('Killed', 10)
    const { child, url } = await use.fork()
    onTestFinished(() => void child.kill('SIGKILL'))
    const frozen = freezeAtCommit('killed-process')
    const placed = order(url, orderOf(id), 'killed-process').then(
      ({ ok }) => ok,
      () => false,
    )
    await frozen
    await untilOrdered(id)
    child.kill('SIGKILL')
    expect(await placed).toBe(false)
    const resolved = await order(use.direct, orderOf(id), 'killed-process')
    expect([resolved.status, resolved.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
    const { id: orderId } = (await resolved.json()) as Order
    expect((await fetch(`${use.direct}/api/orders/${orderId}`)).status).toBe(200)
    expect(await use.countsOf(id)).toEqual({ orders: 1, mails: 1, stock: 9 })
  })
})
