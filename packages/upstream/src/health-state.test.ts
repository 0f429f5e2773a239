import { describe, expect, it } from 'vitest'
import { HealthState } from './health-state.ts'

const pass = { ok: true } as const
const fail = { ok: false, reason: 'refused' } as const

describe('HealthState', () => {
  it('counts as healthy before the first check', () => {
    expect(new HealthState({ rise: 2, fall: 2 }, () => 0).state).toBe('healthy')
  })

  it('lets the first check decide', () => {
    const health = new HealthState({ rise: 2, fall: 2 }, () => 0)
    expect(health.record(fail)).toBe(true)
    expect(health).toMatchObject({ state: 'unhealthy', reason: 'refused' })
    expect(health.record(pass)).toBe(true)
    expect(health.state).toBe('healthy')
  })

  it('takes `fall` failures in a row to leave and `rise` successes in a row to come back', () => {
    let now = 0
    const health = new HealthState({ rise: 2, fall: 3 }, () => now)
    health.record(pass)
    expect([fail, fail, pass, fail, fail].map((result) => health.record(result))).not.toContain(true)
    now = 7
    expect(health.record(fail)).toBe(true)
    expect(health).toMatchObject({ state: 'unhealthy', since: 7 })
    expect([pass, fail, pass].map((result) => health.record(result))).not.toContain(true)
    expect(health.record(pass)).toBe(true)
    expect(health).toMatchObject({ state: 'healthy', reason: 'passed its health check' })
  })
})
