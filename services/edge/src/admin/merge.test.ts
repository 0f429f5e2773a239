import type { PoolStatus } from '@roundtrip/upstream'
import { describe, expect, it } from 'vitest'
import { mergePools } from './merge.ts'

const member = { name: 'a:1', weight: 1, share: 0, inFlight: 0, latencyMs: 0, counters: { requests: 0, failures: {} } }

const viewOf = (standing: object): PoolStatus[] =>
  [{ name: 'web', circuit: 'closed', counters: {}, members: [{ ...member, since: 0, ...standing }] }] as never

describe('a member that workers see differently', () => {
  it('is told with the reason of one that does not use it, rather of one where that will end', () => {
    const drained = viewOf({ state: 'draining', reason: 'takes no new work' })
    const finishing = viewOf({ state: 'draining', reason: 'takes no new work, finishes what it has', until: 5000 })
    const healthy = viewOf({ state: 'healthy', reason: 'passed its health check' })
    expect(mergePools([healthy, drained, finishing])[0]?.members[0]).toMatchObject({
      state: 'healthy in 1, draining in 2',
      why: 'takes no new work, finishes what it has',
      until: '1970-01-01T00:00:05.000Z',
    })
    expect(mergePools([healthy, drained])[0]?.members[0]).toMatchObject({ why: 'takes no new work' })
    expect(mergePools([healthy])[0]?.members[0]).toMatchObject({ state: 'healthy', why: 'passed its health check' })
  })
})
