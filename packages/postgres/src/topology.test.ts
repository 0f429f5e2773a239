/** Who is the primary, who is fenced, who is too far behind, on servers that are only names. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { Lsn } from './lsn.ts'
import { Topology } from './topology.ts'

let now = 0
let topology: Topology<string>

const at = (bytes: number): Lsn => bytes.toString(16).toUpperCase().padStart(16, '0')
const asPrimary = (node: string, timeline = 1, position = at(0)) =>
  topology.observe(node, { isReplica: false, position, timeline })
const asReplica = (node: string, position = at(0)) => topology.observe(node, { isReplica: true, position, timeline: 0 })
const roles = () => ['a', 'b', 'c'].map((node) => topology.standingOf(node).role)

beforeEach(() => {
  now = 0
  topology = new Topology(['a', 'b', 'c'], { clock: () => now, maxLagBytes: 1_000, maxLagMs: 500, rampMs: 1_000 })
})

describe('the primary', () => {
  test('is whoever is not in recovery, wherever it stands in the settings', () => {
    asReplica('a')
    asPrimary('b')
    asReplica('c')
    expect([topology.primary, topology.replicas]).toEqual(['b', ['a', 'c']])
  })

  test('is nobody while it does not answer, and the same again afterwards', () => {
    asPrimary('a')
    topology.lost('a')
    expect(topology.primary).toBeUndefined()
    asPrimary('a')
    expect(topology.primary).toBe('a')
  })

  test('after a promotion is the new one; the former one is fenced, whenever it returns', () => {
    asPrimary('a', 1)
    asReplica('b')
    topology.lost('a')
    asPrimary('b', 2)
    expect(roles()).toEqual(['unreachable', 'primary', 'unknown'])
    asPrimary('a', 1)
    expect(roles()).toEqual(['fenced', 'primary', 'unknown'])
    topology.lost('b')
    asPrimary('a', 1)
    expect(topology.primary).toBeUndefined()
    asPrimary('b', 2)
    asReplica('a')
    expect(roles()).toEqual(['replica', 'primary', 'unknown'])
  })

  test('of two that answer is the one on the higher timeline, in whatever order they are asked', () => {
    asPrimary('a', 7)
    asPrimary('b', 8)
    expect(roles()).toEqual(['fenced', 'primary', 'unknown'])
    asPrimary('a', 7)
    asPrimary('b', 8)
    expect(roles()).toEqual(['fenced', 'primary', 'unknown'])
  })

  test('of two on one timeline is the one that was it before', () => {
    asPrimary('a', 2)
    asPrimary('b', 2)
    asPrimary('a', 2)
    expect(roles()).toEqual(['primary', 'fenced', 'unknown'])
  })

  test('that went back to an older timeline (restored from a backup) is fenced', () => {
    asPrimary('a', 2)
    asPrimary('a', 1)
    expect(roles()[0]).toBe('fenced')
  })
})

describe('a replica', () => {
  test('too many bytes behind gets no reads until it has made up half of the limit', () => {
    asPrimary('a', 1, at(2_000))
    asReplica('b', at(999))
    expect([topology.replicas, topology.farBehind]).toEqual([[], ['b']])
    asReplica('b', at(1_400))
    expect(topology.replicas).toEqual([])
    asReplica('b', at(1_500))
    expect(topology.replicas).toEqual(['b'])
    expect(topology.standingOf('b').lag).toEqual({ bytes: 500, ms: 0 })
  })

  test('is as late as the first position that it does not have', () => {
    asPrimary('a', 1, at(10))
    now = 100
    asPrimary('a', 1, at(20))
    now = 200
    asPrimary('a', 1, at(30))
    now = 300
    asReplica('b', at(15))
    expect(topology.standingOf('b').lag).toEqual({ bytes: 15, ms: 200 })
    now = 601
    asReplica('b', at(15))
    expect(topology.replicas).toEqual([])
  })

  test('of an idle primary is not late, however long ago the last write was', () => {
    asPrimary('a', 1, at(10))
    asReplica('b', at(10))
    now = 1_000_000
    asPrimary('a', 1, at(10))
    asReplica('b', at(10))
    expect(topology.standingOf('b').lag).toEqual({ bytes: 0, ms: 0 })
    asPrimary('a', 1, at(20))
    asReplica('b', at(10))
    expect(topology.standingOf('b').lag).toEqual({ bytes: 10, ms: 0 })
  })

  test('stays in service while the primary is away: nobody gets any closer', () => {
    asPrimary('a', 1, at(100))
    asReplica('b', at(50))
    topology.lost('a')
    now = 1_000_000
    asReplica('b', at(50))
    expect(topology.replicas).toEqual(['b'])
  })

  test('is measured anew after a promotion, whose WAL may be shorter than that of the former primary', () => {
    asPrimary('a', 1, at(900))
    asPrimary('b', 2, at(800))
    asReplica('c', at(800))
    expect(topology.standingOf('c').lag).toEqual({ bytes: 0, ms: 0 })
  })

  test('that broke off may have restarted: what it had replayed is not known any more', () => {
    asReplica('b', at(10))
    topology.lost('b')
    expect(topology.standingOf('b').position).toBeUndefined()
  })

  test('that returns gets its share back bit by bit', () => {
    asReplica('b')
    expect(topology.shareOf('b')).toBe(1)
    topology.lost('b')
    asReplica('b')
    expect(topology.shareOf('b')).toBe(0.1)
    now = 500
    asReplica('b')
    expect(topology.shareOf('b')).toBe(0.5)
    now = 2_000
    expect(topology.shareOf('b')).toBe(1)
  })
})
