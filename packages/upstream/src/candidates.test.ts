import { describe, expect, it } from 'vitest'
import { candidatesOf } from './candidates.ts'
import { Ejection } from './ejection/ejection.ts'
import type { Member } from './member.ts'

type State = Partial<Pick<Member, 'isHealthy' | 'isDraining' | 'weight' | 'zone' | 'rampFromMs'>> & {
  /** Of one that is not healthy: whether checks are answered at all. */
  readonly answers?: boolean
}

const member = (name: string, { answers = false, ...state }: State = {}) =>
  ({
    name,
    isHealthy: true,
    isDraining: false,
    weight: 1,
    zone: undefined,
    rampFromMs: -Infinity,
    ejection: new Ejection(),
    health: {
      state: state.isHealthy === false ? 'unhealthy' : 'healthy',
      answers: state.isHealthy !== false || answers,
    },
    ...state,
  }) as Member

const policy = { panicThresholdPercent: 25, slowStartMs: 0, nowMs: 0 }

const shares = (members: Member[], changes: Partial<Parameters<typeof candidatesOf>[1]> = {}) => {
  const { preferred } = candidatesOf(members, { ...policy, ...changes })
  const total = preferred.reduce((sum, { weight }) => sum + weight, 0)
  return Object.fromEntries(
    preferred.map(({ member: { name }, weight }) => [name, Math.round((weight / total) * 1000) / 1000]),
  )
}

describe('who may be given work', () => {
  it('those that are healthy, have weight and are not drained', () => {
    const members = [
      member('a'),
      member('sick', { isHealthy: false }),
      member('leaving', { isDraining: true }),
      member('off', { weight: 0 }),
      member('b', { weight: 3 }),
    ]
    expect(shares(members)).toEqual({ a: 0.25, b: 0.75 })
  })

  it('all of them when too few are healthy, but never one that is drained', () => {
    const sick = { isHealthy: false }
    const members = [member('a'), member('b', sick), member('c', sick), member('d', sick), member('e', sick)]
    expect(candidatesOf(members, policy)).toMatchObject({ isPanic: true })
    expect(shares(members)).toEqual({ a: 0.2, b: 0.2, c: 0.2, d: 0.2, e: 0.2 })
    expect(shares(members, { panicThresholdPercent: 0 })).toEqual({ a: 1 })
    expect(shares(members, { panicThresholdPercent: 20 })).toEqual({ a: 1 })
    expect(shares([member('a', { ...sick, isDraining: true })])).toEqual({})
  })
})

const ejected = (name: string, isUnanswered: boolean) => {
  const one = member(name, { isHealthy: false, answers: true })
  one.ejection.eject('', isUnanswered, 0, { baseEjectionMs: 1000, maxEjectionMs: 1000 })
  return one
}

describe('when nobody is healthy', () => {
  const sick = { isHealthy: false }
  const silent = member('silent', sick)
  const refusing = member('refusing', { ...sick, answers: true })

  it('those are used who answer at all, since a check that all fail may itself be wrong', () => {
    const drained = member('drained', { ...sick, answers: true, isDraining: true })
    expect(candidatesOf([silent, refusing, drained], policy)).toMatchObject({ isPanic: true })
    expect(shares([silent, refusing, drained])).toEqual({ refusing: 1 })
    expect(shares([refusing])).toEqual({ refusing: 1 })
  })

  it('nobody is used who does not answer, nor anybody where settings want no panic', () => {
    expect(candidatesOf([silent], policy)).toMatchObject({ isPanic: false, usable: [] })
    expect(shares([silent, refusing], { panicThresholdPercent: 0 })).toEqual({})
  })

  it('those are used who were ejected for their answers, but not for silence', () => {
    expect(shares([ejected('failing', false), ejected('gone', true)])).toEqual({ failing: 1 })
  })
})

describe('zones', () => {
  const east = { zone: 'east' }
  const west = { zone: 'west' }
  const sickEast = { ...east, isHealthy: false }

  it('keeps all work at home while three quarters of it are healthy', () => {
    const members = [
      member('e1', east),
      member('e2', east),
      member('e3', east),
      member('e4', sickEast),
      member('w1', west),
    ]
    expect(shares(members, { zone: 'east' })).toEqual({ e1: 0.333, e2: 0.333, e3: 0.333 })
    expect(candidatesOf(members, { ...policy, zone: 'east' }).usable.map(({ name }) => name)).toEqual([
      'e1',
      'e2',
      'e3',
      'w1',
    ])
  })

  it('spills over what home lacks, in proportion', () => {
    const members = [
      member('e1', east),
      member('e2', sickEast),
      member('w1', west),
      member('n1', { zone: 'north', weight: 2 }),
    ]
    expect(shares(members, { zone: 'east' })).toEqual({ e1: 0.7, w1: 0.1, n1: 0.2 })
  })

  it('uses the others when home has nobody, and knows no zones when not told its own', () => {
    const members = [member('e1', sickEast), member('w1', west)]
    expect(shares(members, { zone: 'east' })).toEqual({ w1: 1 })
    expect(shares([member('e1', east), member('w1', west)])).toEqual({ e1: 0.5, w1: 0.5 })
  })
})

const policyAt = (nowMs: number) => ({ ...policy, slowStartMs: 1000, nowMs })

describe('slow start', () => {
  it('grows in a line from a tenth to the whole share', () => {
    const at = (nowMs: number) =>
      shares([member('old'), member('new', { rampFromMs: 0 })], { slowStartMs: 1000, nowMs })
    expect(at(0)).toEqual({ old: 0.909, new: 0.091 })
    expect(at(500)).toEqual({ old: 0.667, new: 0.333 })
    expect(at(1000)).toEqual({ old: 0.5, new: 0.5 })
    expect(candidatesOf([member('new', { rampFromMs: 0 })], policyAt(999)).isRamping).toBe(true)
    expect(candidatesOf([member('new', { rampFromMs: 0 })], policyAt(1000)).isRamping).toBe(false)
  })
})
