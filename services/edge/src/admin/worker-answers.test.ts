import { createPool, poolSettingsOf, type Pool } from '@roundtrip/upstream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LocalBus } from '@roundtrip/worker-group'
import type { Listeners } from '../listener/open-listeners.ts'
import type { PurgeRelay } from '../purge/purge-relay.ts'
import type { EdgeRuntime } from '../runtime/edge-runtime.ts'
import { recordingLog } from '../testing/test-edge.ts'
import { memberTopic, type Done, type MemberOrder } from './topics.ts'
import { answerAdmin } from './worker-answers.ts'

const start = () => {
  const { log } = recordingLog()
  const bus = new LocalBus(log)
  const pool: Pool = createPool('web', poolSettingsOf({ members: [{ origin: 'http://127.0.0.1:1' }] }, 'test'), { log })
  const runtime = { pools: new Map([['web', pool]]) } as unknown as EdgeRuntime
  const stop = answerAdmin({
    bus,
    runtime,
    listeners: {} as Listeners,
    http1: new Map(),
    http2: new Map(),
    purges: {} as PurgeRelay,
    startedWith: 0,
  })
  onTestFinished(() => {
    stop()
    pool.close()
  })
  const order = async (what: MemberOrder): Promise<Done | undefined> => (await bus.request(memberTopic, what))[0]
  return { order, state: () => pool.status().members[0]?.state }
}

describe('orders about members', () => {
  it('are carried out', async () => {
    const { order, state } = start()
    expect(await order({ order: 'drain', pool: 'web', member: '127.0.0.1:1' })).toEqual({})
    expect(state()).toBe('draining')
    await order({ order: 'restore', pool: 'web', member: '127.0.0.1:1' })
    expect(state()).toBe('healthy')
  })

  it.each(['drain', 'restore', 'remove'] as const)(
    '%s: a member there is not harms nobody, and is told',
    async (name) => {
      const { order } = start()
      const done = await order({ order: name, pool: 'web', member: '127.0.0.1:9' })
      expect(done?.problem).toMatch(/127\.0\.0\.1:9/)
      expect(await order({ order: name, pool: 'app', member: '127.0.0.1:1' })).toEqual({
        problem: 'There is no pool app: there are web.',
      })
    },
  )
})
