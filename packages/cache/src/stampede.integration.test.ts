/** Ten thousand requests in four processes for one key that is not there: one load, counted. */
import { fork, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import type { Order, Report, StampedeSetup } from './stampede-process.ts'

const { cacheUrl, redisPassword } = inject('dataTier' as never) as { cacheUrl: string; redisPassword: string }
const processes = 4

/** A process, and all that it has reported; `until` waits for what was not taken yet. */
class Asker {
  readonly #child: ChildProcess
  readonly #reports: Report[] = []

  constructor(setup: StampedeSetup) {
    this.#child = fork(join(import.meta.dirname, 'stampede-process.ts'), [JSON.stringify(setup)])
    this.#child.on('message', (report: Report) => void this.#reports.push(report))
  }

  order(order: Order): void {
    this.#child.send(order)
  }

  async until<Type extends Report['type']>(type: Type): Promise<Extract<Report, { type: Type }>> {
    for (;;) {
      const index = this.#reports.findIndex((report) => report.type === type)
      if (index >= 0) return this.#reports.splice(index, 1)[0] as Extract<Report, { type: Type }>
      await once(this.#child, 'message')
    }
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}

let namespace: string
let redis: Redis
let askers: Asker[]

const start = async (setup: Partial<StampedeSetup> = {}): Promise<void> => {
  const needed = { url: cacheUrl, password: redisPassword, namespace, counter: `${namespace}:loads`, ttlMs: 600_000 }
  // Commands may take long on a busy machine, and a load as long as the test keeps it.
  const patient = { timeoutMs: 20_000, leaseMs: 60_000, maxWaitMs: 60_000, earlyRefreshBeta: 0 }
  askers = Array.from({ length: processes }, () => new Asker({ ...needed, ...patient, ...setup }))
  await Promise.all(askers.map((asker) => asker.until('ready')))
}
const all = (order: Order): void => askers.forEach((asker) => asker.order(order))
const fromAll = <Type extends Report['type']>(type: Type) => Promise.all(askers.map((asker) => asker.until(type)))
const loads = async (): Promise<number> => Number(await redis.get(`${namespace}:loads`))
const expire = async (): Promise<void> => {
  await redis.pexpire(`${namespace}:entry:k`, 1)
}

/** With all that is known of its tags, as by a Redis that was started anew. */
const evict = async (): Promise<void> => {
  await redis.del(['entry:k', 'tag:t', 'tag:*'].map((name) => `${namespace}:${name}`))
}

beforeEach(() => {
  namespace = `test-${randomBytes(6).toString('hex')}`
  redis = new Redis(cacheUrl, { password: redisPassword })
  askers = []
})

afterEach(async () => {
  await Promise.all(askers.map((asker) => asker.kill()))
  redis.disconnect()
})

test.each([['with', {}] as const, ['without', { memory: false }] as const])(
  'a cold key is loaded once, %s memory',
  async (_, setup) => {
    await start(setup)
    all({ type: 'ask', count: 10_000 / processes })
    await Promise.all([fromAll('asked'), Promise.race(askers.map((asker) => asker.until('loading')))])
    all({ type: 'release' })
    const answers = await fromAll('answered')
    expect(answers.flatMap(({ values }) => values)).toEqual([1, 1, 1, 1])
    expect(await loads()).toBe(1)
  },
)

test('a key that expires or is evicted under load is loaded once each time, and nobody sees its past', async () => {
  await start({ memory: { ttlMs: 1 } })
  all({ type: 'release' })
  all({ type: 'hammer', count: 100 })
  for (let version = 1; version <= 5; version++) {
    expect((await fromAll('seen')).map(({ value }) => value)).toEqual([version, version, version, version])
    expect(await loads()).toBe(version)
    await (version % 2 === 0 ? evict() : expire())
  }
  await fromAll('seen')
  all({ type: 'stop' })
  for (const { asked, decreased } of await fromAll('stopped')) {
    expect(asked).toBeGreaterThan(100)
    expect(decreased).toBe(0)
  }
  expect(await loads()).toBe(6)
})

test('another process loads when the one that has the lease dies', async () => {
  await start({ leaseMs: 500 })
  all({ type: 'ask', count: 100 })
  const firsts = askers.map(async (asker) => {
    await asker.until('loading')
    return asker
  })
  const first = await Promise.race(firsts)
  const others = askers.filter((asker) => asker !== first)
  for (const asker of others) asker.order({ type: 'release' })
  await first.kill()
  const answers = await Promise.all(others.map((asker) => asker.until('answered')))
  expect(answers.flatMap(({ values }) => values)).toEqual([2, 2, 2])
  expect(await loads()).toBe(2)
})
