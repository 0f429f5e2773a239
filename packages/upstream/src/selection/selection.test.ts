import { Fields } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { Member } from '../member.ts'
import { FakeTransport } from '../testing-pool.ts'
import { testContext, testRequest } from '../testing.ts'
import { ConsistentHash } from './consistent-hash.ts'
import { cookieValue } from './cookie-value.ts'
import { hashOf } from './hash-key.ts'
import { leastRequest } from './least-request.ts'
import { PeakEwma, peakEwma } from './peak-ewma.ts'
import { RoundRobin } from './round-robin.ts'
import type { Candidate, Selection } from './selection.ts'

const candidate = (name: string, weight = 1): Candidate => {
  const origin = `http://${name}`
  const member = new Member({
    origin,
    weight,
    transport: new FakeTransport({ origin, timeouts: {} as never }),
    thresholds: { rise: 1, fall: 1 },
    latencyDecayMs: () => 1000,
    observer: { observe: () => {} },
    clock: () => 0,
  })
  return { member, weight }
}

/** Evenly spread over 0 to 1, so that shares come out as they are meant. */
const spread = (): (() => number) => {
  let i = 0
  return () => (i++ * 0.618_033_988_749_895) % 1
}

const choose = (selection: Selection, tried: readonly Member[] = [], client = '192.0.2.1') =>
  selection.choose(testRequest(), testContext({ client }), tried)

const take = (selection: Selection, times: number): string[] =>
  Array.from({ length: times }, () => choose(selection)?.name ?? 'nobody')

const tally = (names: readonly string[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]))

describe('round robin', () => {
  it('takes each in turn', () => {
    const selection = new RoundRobin()
    selection.use([candidate('a'), candidate('b'), candidate('c')])
    expect(take(selection, 4)).toEqual(['a', 'b', 'c', 'a'])
  })

  it('spreads the turns of a heavy member', () => {
    const selection = new RoundRobin()
    selection.use([candidate('a', 5), candidate('b'), candidate('c')])
    expect(take(selection, 7).join('')).toBe('aabacaa')
  })

  it('goes on where it was when weights change', () => {
    const selection = new RoundRobin()
    const [a, b] = [candidate('a', 3), candidate('b', 1)]
    selection.use([a, b])
    expect(take(selection, 2).join('')).toBe('aa')
    selection.use([
      { ...a, weight: 2 },
      { ...b, weight: 1 },
    ])
    expect(take(selection, 1)).toEqual(['b'])
  })

  it('passes over those tried, and tells when nobody is left', () => {
    for (const weight of [1, 100]) {
      const selection = new RoundRobin()
      const [a, b] = [candidate('a', weight), candidate('b')]
      selection.use([a, b])
      expect(choose(selection, [a.member])).toBe(b.member)
      expect(choose(selection, [a.member, b.member])).toBeUndefined()
    }
    expect(choose(new RoundRobin())).toBeUndefined()
  })
})

describe('least request', () => {
  it('of two drawn takes the one with less in flight', () => {
    const selection = leastRequest(spread())
    const [a, b] = [candidate('a'), candidate('b')]
    a.member.inFlight = 5
    selection.use([a, b])
    expect(tally(take(selection, 20))).toEqual({ b: 20 })
  })

  it('shares idle members by weight, and busy ones relative to weight', () => {
    const selection = leastRequest(spread())
    const [a, b] = [candidate('a', 3), candidate('b', 1)]
    selection.use([a, b])
    const { a: forA = 0 } = tally(take(selection, 4000))
    expect(forA / 4000).toBeGreaterThan(0.7)
    expect(forA / 4000).toBeLessThan(0.8)
    a.member.inFlight = 3
    b.member.inFlight = 2
    expect(tally(take(selection, 20))).toMatchObject({ a: expect.toSatisfy((times: number) => times >= 18) })
  })

  it('on a retry takes the least busy of those not tried', () => {
    const selection = leastRequest(() => 0)
    const [a, b, c] = [candidate('a'), candidate('b'), candidate('c')]
    b.member.inFlight = 1
    selection.use([a, b, c])
    expect(choose(selection, [a.member])).toBe(c.member)
    expect(choose(selection, [a.member, b.member, c.member])).toBeUndefined()
    expect(choose(leastRequest(() => 0))).toBeUndefined()
  })
})

describe('peak EWMA', () => {
  it('jumps to a peak, comes down slowly, forgets with time', () => {
    const latency = new PeakEwma()
    latency.observe(10, 0, 1000)
    latency.observe(100, 0, 1000)
    expect(latency.value(0, 1000)).toBe(100)
    latency.observe(10, 1000, 1000)
    expect(latency.value(1000, 1000)).toBeCloseTo(100 / Math.E + 10 * (1 - 1 / Math.E))
    expect(latency.value(11_000, 1000)).toBeLessThan(0.01)
  })

  it('prefers the faster member until it is loaded as much more', () => {
    const selection = peakEwma(1000, () => 0, spread())
    const [fast, slow] = [candidate('fast'), candidate('slow')]
    fast.member.latency.observe(10, 0, 1000)
    slow.member.latency.observe(50, 0, 1000)
    selection.use([fast, slow])
    expect(tally(take(selection, 20))).toEqual({ fast: 20 })
    fast.member.inFlight = 5
    expect(tally(take(selection, 20))).toEqual({ slow: 20 })
  })

  it('does not take one that has work but never answered for a fast one', () => {
    const selection = peakEwma(1000, () => 0, spread())
    const [known, silent] = [candidate('known'), candidate('silent')]
    known.member.latency.observe(200, 0, 1000)
    silent.member.inFlight = 1
    selection.use([known, silent])
    expect(tally(take(selection, 20))).toEqual({ known: 20 })
  })
})

const ringOf = (candidates: readonly Candidate[], boundedLoadPercent = 125): ConsistentHash => {
  const selection = new ConsistentHash({ hashOf: hashOf({ source: 'client' }), boundedLoadPercent, random: () => 0 })
  selection.use(candidates)
  return selection
}

describe('consistent hash', () => {
  const clients = Array.from({ length: 2000 }, (_, i) => `198.51.100.${i}`)
  const owners = (selection: ConsistentHash): (Member | undefined)[] =>
    clients.map((client) => choose(selection, [], client))

  it('gives each client the same member, and each member its share', () => {
    const all = ['a', 'b', 'c', 'd'].map((name) => candidate(name))
    const first = owners(ringOf(all))
    expect(owners(ringOf(all.toReversed()))).toEqual(first)
    for (const { member } of all) {
      const share = first.filter((owner) => owner === member).length / clients.length
      expect(share).toBeGreaterThan(0.17)
      expect(share).toBeLessThan(0.33)
    }
  })

  it('moves only the clients of a member that left', () => {
    const all = ['a', 'b', 'c', 'd'].map((name) => candidate(name))
    const selection = ringOf(all)
    const before = owners(selection)
    selection.use(all.slice(1))
    const after = owners(selection)
    const isMoved = after.map((owner, i) => owner !== before[i])
    expect(isMoved).toEqual(before.map((owner) => owner === all[0]?.member))
  })

  it('goes on to the next member when one has more than its bounded share', () => {
    const all = ['a', 'b', 'c', 'd'].map((name) => candidate(name))
    const selection = ringOf(all)
    const owner = choose(selection) as Member
    for (const { member } of all) member.inFlight = 4
    expect(choose(selection)).toBe(owner)
    owner.inFlight = 6
    const other = choose(selection)
    expect(other).not.toBe(owner)
    expect(choose(selection)).toBe(other)
  })

  it('never lets anybody exceed the bound, however skewed the clients are', () => {
    const all = ['a', 'b', 'c', 'd'].map((name) => candidate(name))
    const selection = ringOf(all)
    for (let i = 0; i < 400; i++) (choose(selection) as Member).inFlight++
    expect(Math.max(...all.map(({ member }) => member.inFlight))).toBe(125)
  })

  /** Part of the clients. */
  const shareOf = (selection: ConsistentHash, ...of: readonly Candidate[]): number =>
    owners(selection).filter((owner) => of.some(({ member }) => member === owner)).length / clients.length

  it('gives one that takes up its share so much of it, moving only the clients that it gets', () => {
    const old = ['a', 'b', 'c'].map((name) => candidate(name, 5))
    const newcomer = candidate('new', 5)
    const selection = ringOf(old)
    let before = owners(selection)
    for (const part of [0.1, 0.3, 0.6, 1]) {
      selection.use([...old, { ...newcomer, weight: 5 * part }])
      const expected = part / (3 + part)
      expect(shareOf(selection, newcomer)).toBeGreaterThan(expected / 2)
      expect(shareOf(selection, newcomer)).toBeLessThan(expected * 1.5)
      const after = owners(selection)
      const movers = after.filter((owner, i) => owner !== before[i])
      expect(new Set(movers)).toEqual(new Set([newcomer.member]))
      before = after
    }
  })

  it('gives other zones what is left over for them, and lets the bound hold for that share', () => {
    const own = ['a', 'b', 'c', 'd'].map((name) => candidate(name))
    const others = ['e', 'f', 'g', 'h'].map((name) => ({ ...candidate(name), weight: 0.1 }))
    const selection = ringOf([...own, ...others])
    expect(shareOf(selection, ...others)).toBeGreaterThan(0.06)
    expect(shareOf(selection, ...others)).toBeLessThan(0.13)
    for (let i = 0; i < 440; i++) (choose(selection) as Member).inFlight++
    expect(Math.max(...own.map(({ member }) => member.inFlight))).toBeLessThanOrEqual(126)
    expect(Math.max(...others.map(({ member }) => member.inFlight))).toBeLessThanOrEqual(13)
  })

  it('gives a retry to the next on the ring', () => {
    const all = ['a', 'b', 'c'].map((name) => candidate(name))
    const selection = ringOf(all)
    const owner = choose(selection) as Member
    const second = choose(selection, [owner]) as Member
    expect(second).not.toBe(owner)
    expect(choose(selection, [owner, second])).not.toBe(second)
    expect(
      choose(
        selection,
        all.map(({ member }) => member),
      ),
    ).toBeUndefined()
    expect(choose(ringOf([]))).toBeUndefined()
  })
})

describe('what is hashed', () => {
  const context = testContext({ client: '192.0.2.7' })
  const request = testRequest({
    target: '/a?b=1',
    fields: Fields.of({ 'x-tenant': 'one', cookie: 'xid=no; id=42; id=43' }),
  })
  it.each([
    ['client', undefined, testRequest(), true],
    ['header', 'x-tenant', testRequest({ fields: Fields.of({ 'x-tenant': 'one' }) }), true],
    ['header', 'x-tenant', testRequest({ fields: Fields.of({ 'x-tenant': 'two' }) }), false],
    ['cookie', 'id', testRequest({ fields: Fields.of({ cookie: 'id=42' }) }), true],
    ['path', undefined, testRequest({ target: '/a?c=2' }), true],
    ['target', undefined, testRequest({ target: '/a?c=2' }), false],
  ] as const)('%s %s', (source, name, other, isSame) => {
    const hash = hashOf({ source, ...(name !== undefined && { name }) })
    expect(hash(request, context) === hash(other, context)).toBe(isSame)
  })

  it('is nothing when the request lacks it', () => {
    expect(hashOf({ source: 'header', name: 'x-none' })(request, context)).toBeUndefined()
    expect(hashOf({ source: 'cookie', name: 'none' })(request, context)).toBeUndefined()
  })
})

it('reads one cookie among others', () => {
  const fields = Fields.fromRaw(['Cookie', 'a=1;b=2; aa=3', 'Cookie', 'c=; d'])
  expect(['a', 'b', 'aa', 'c', 'd', 'e'].map((name) => cookieValue(fields, name))).toEqual([
    '1',
    '2',
    '3',
    '',
    undefined,
    undefined,
  ])
})
