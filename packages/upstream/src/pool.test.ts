import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fields } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { poolSettingsOf, type PoolSettingsInput } from './settings/pool-settings.ts'
import { membersNamed, settled, testPool, type TestPool } from './testing-pool.ts'

const names = ({ pool }: TestPool): string[] => pool.status().members.map(({ name }) => name)
const silence = (): void => {}
const who = async (test: TestPool, times: number): Promise<string> => {
  const from = test.asked.length
  for (let i = 0; i < times; i++) await test.ask()
  return test.asked.slice(from).join('')
}

const roundRobin = (members: PoolSettingsInput['members'], others: PoolSettingsInput = {}) =>
  poolSettingsOf({ members, balance: { algorithm: 'round-robin' }, ...others })

describe('members', () => {
  it('are told with their state, share and figures', async () => {
    const test = testPool({ members: [{ origin: 'http://a', weight: 3, zone: 'east' }, { origin: 'http://b' }] })
    await who(test, 4)
    const { members, ...pool } = test.pool.status()
    expect(members[0]).toMatchObject({
      name: 'a',
      origin: 'http://a',
      state: 'healthy',
      reason: 'not checked yet',
      weight: 3,
      share: 0.75,
      zone: 'east',
      inFlight: 0,
      counters: { requests: 3, successes: 3 },
      connections: { open: 0 },
    })
    expect(pool).toMatchObject({
      name: 'web',
      isPanic: false,
      circuit: 'closed',
      inFlight: 0,
      counters: { requests: 4 },
    })
  })

  it('come and go while the pool works, those that come slowly', async () => {
    const test = testPool({ members: membersNamed('a'), slowStartMs: 10_000 })
    test.pool.start()
    test.pool.addMember({ origin: 'http://b', weight: 1 })
    expect(test.pool.status().members.map(({ share }) => Math.round(share * 100))).toEqual([91, 9])
    await test.time.advance(10_000)
    expect(test.pool.status().members.map(({ share }) => share)).toEqual([0.5, 0.5])
    const removed = test.pool.removeMember('a')
    expect(names(test)).toEqual(['b'])
    expect(await who(test, 2)).toBe('bb')
    test.at('a').finish()
    await removed
    await expect(test.pool.removeMember('a')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    test.pool.stop()
  })

  it('are none: 503', async () => {
    const test = testPool({ members: [] })
    await expect(test.ask()).rejects.toMatchObject({ code: 'NO_HEALTHY_UPSTREAM', status: 503 })
    expect(test.pool.counters.withoutMember).toBe(1)
  })

  it('change their share at once', async () => {
    const test = testPool({ members: membersNamed('a', 'b') })
    test.pool.setWeight('a', 0)
    expect(await who(test, 3)).toBe('bbb')
    test.pool.setWeight('a', 2)
    expect((await who(test, 3)).split('').toSorted().join('')).toBe('aab')
  })
})

describe('drain', () => {
  it('of a member: no new work, what is in flight ends, and it may come back', async () => {
    const test = testPool({ members: membersNamed('a', 'b') })
    test.at('a').answer = silence
    const first = test.ask()
    let isDrained = false
    const draining = test.pool.drainMember('a').then(() => (isDrained = true))
    expect(await who(test, 3)).toBe('bbb')
    expect(test.pool.status().members[0]).toMatchObject({ state: 'draining', inFlight: 1, share: 0 })
    await settled()
    expect(isDrained).toBe(false)
    test.at('a').calls[0]?.respond()
    await first
    await draining
    test.at('a').answer = (call) => call.respond()
    test.pool.restoreMember('a')
    expect(await who(test, 2)).toContain('a')
  })

  it('of a member that has nothing to do is over at once, even for all', async () => {
    const test = testPool({ members: membersNamed('a') })
    await test.pool.drainMember('a')
    await expect(test.ask()).rejects.toMatchObject({ code: 'NO_HEALTHY_UPSTREAM' })
  })

  it('of the pool ends at the deadline', async () => {
    const test = testPool({ members: membersNamed('a', 'b'), drainTimeoutMs: 5000 })
    let isDrained = false
    const draining = test.pool.drain().then(() => (isDrained = true))
    test.at('a').finish()
    await test.time.advance(4999)
    expect([isDrained, test.at('b').isDestroyed]).toEqual([false, false])
    await test.time.advance(1)
    await draining
    expect(test.at('b').isDestroyed).toBe(true)
    expect(test.time.delays).toEqual([])
  })
})

describe('other settings', () => {
  it('leave members that stay as they are', async () => {
    const test = testPool({ members: membersNamed('a', 'b') })
    await who(test, 4)
    const transport = test.at('a')
    test.pool.update(roundRobin([{ origin: 'http://a', weight: 2 }, { origin: 'http://c' }]))
    expect(names(test)).toEqual(['a', 'c'])
    expect(test.at('a')).toBe(transport)
    expect(test.pool.status().members[0]).toMatchObject({ weight: 2, counters: { requests: 2 } })
    await who(test, 3)
    expect(test.pool.counters.requests).toBe(7)
    // The one that left finishes what it has.
    expect(test.at('b').isDestroyed).toBe(false)
    test.at('b').finish()
    await settled()
    expect(test.at('b').isDestroyed).toBe(true)
  })

  it('of connections take new ones, the old ones finish', async () => {
    const test = testPool({ members: membersNamed('a') })
    const before = test.at('a')
    before.answer = silence
    const first = test.ask()
    await settled()
    test.pool.update(roundRobin(membersNamed('a'), { timeouts: { firstByteMs: 7 } }))
    expect(test.at('a')).not.toBe(before)
    expect(test.at('a').options.timeouts.firstByteTimeoutMs).toBe(7)
    expect((await test.ask()).status).toBe(200)
    before.calls[0]?.respond(201)
    expect((await first).status).toBe(201)
    expect(test.pool.status().members[0]).toMatchObject({ inFlight: 0, counters: { requests: 2 } })
  })

  it('may be the same: certificates are read anew', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pool-'))
    const caFile = join(folder, 'ca.pem')
    await writeFile(caFile, 'first')
    const test = testPool({ members: [{ origin: 'https://a' }], tls: { caFile } })
    expect(test.at('a').options.tls).toEqual({ ca: 'first' })
    await writeFile(caFile, 'second')
    test.pool.reconnect()
    expect(test.at('a').options.tls).toEqual({ ca: 'second' })
    expect(test.made[0]?.isDestroyed).toBe(false)
    await rm(folder, { recursive: true })
  })

  it('leave a weight alone that was set by hand, until they name another', () => {
    const test = testPool({ members: membersNamed('a', 'b') })
    const weight = () => test.pool.status().members[0]?.weight
    test.pool.setWeight('a', 0)
    test.pool.update(roundRobin(membersNamed('a', 'b')))
    expect(weight()).toBe(0)
    test.pool.update(roundRobin([{ origin: 'http://a', weight: 5 }]))
    expect(weight()).toBe(5)
  })

  it('that cannot work change nothing', () => {
    const test = testPool({ members: membersNamed('a') })
    const bad = roundRobin(membersNamed('b'), { tls: { caFile: '/nowhere/ca.pem' } })
    expect(() => test.pool.update(bad)).toThrow('/nowhere/ca.pem cannot be read')
    expect(names(test)).toEqual(['a'])
    expect(() => testPool({ protocol: 'http2', proxyProtocol: 'v2' })).toThrow('goes with protocol http1 only')
    expect(() => testPool({ tls: { keyFile: '/nowhere/key.pem' } })).toThrow('/nowhere/key.pem cannot be read')
  })

  it('leave alone who was added by hand', () => {
    const test = testPool({ members: membersNamed('a') })
    test.pool.addMember({ origin: 'http://x', weight: 1 })
    test.pool.update(roundRobin(membersNamed('b')))
    expect(names(test)).toEqual(['x', 'b'])
  })

  it('choose otherwise from then on', async () => {
    const test = testPool({ members: membersNamed('a', 'b') })
    test.pool.update(poolSettingsOf({ members: membersNamed('a', 'b'), balance: { algorithm: 'consistent-hash' } }))
    const first = await who(test, 1)
    expect(await who(test, 3)).toBe(first.repeat(3))
  })
})

describe('a member that was away', () => {
  it('gets work once it passes its health checks, whatever its requests met on the way down', async () => {
    const healthCheck = { path: '/health', intervalMs: 1000, timeoutMs: 500, rise: 2, fall: 2 }
    const outlierDetection = { consecutive5xx: 1, baseEjectionMs: 600_000 }
    let status = 200
    const test = testPool(
      { members: membersNamed('a', 'b'), healthCheck, outlierDetection },
      { answer: (host, call) => call.respond(host === 'a' ? status : 200) },
    )
    const state = (): string | undefined => test.pool.status().members[0]?.state
    test.pool.start()
    await test.time.advance(1000)
    status = 500
    await who(test, 4)
    expect(state()).toBe('ejected')
    await test.time.advance(5000)
    expect(state()).toBe('unhealthy')
    status = 200
    await test.time.advance(5000)
    expect(state()).toBe('healthy')
    test.pool.stop()
  })
})

describe('panic', () => {
  it('is logged once when it begins and once when it ends', async () => {
    const test = testPool({
      members: membersNamed('a', 'b'),
      panicThresholdPercent: 60,
      retry: { maxAttempts: 1 },
      outlierDetection: { consecutive5xx: 1, baseEjectionMs: 1000 },
    })
    test.pool.start()
    test.at('a').answer = (call) => call.respond(500)
    await who(test, 6)
    expect(test.pool.status().isPanic).toBe(true)
    expect(await who(test, 2)).toHaveLength(2)
    test.at('a').answer = (call) => call.respond()
    await test.time.advance(2000)
    expect(test.lines).toEqual([
      'a is ejected',
      'web: too few members are healthy, others are used too',
      'a is back after its ejection',
      'web: enough members are healthy again',
    ])
    test.pool.stop()
  })
})

const withCookie = (value: string) => ({ fields: Fields.of({ cookie: `other=1; m=${value}` }) })
const idOf = (setCookie: string | undefined): string => /^m=([^;]+)/.exec(setCookie ?? '')?.[1] ?? ''

describe('a sticky cookie', () => {
  const sticky = { algorithm: 'round-robin', sticky: { cookie: 'm', secret: 's3cret', maxAgeMs: 60_000 } }

  it('keeps a client with its member, and is set only when it changes', async () => {
    const test = testPool({ balance: sticky })
    const first = await test.ask()
    const cookie = first.fields.get('set-cookie')
    expect(cookie).toMatch(/^m=[\w-]{16}; Path=\/; Max-Age=60; Secure; HttpOnly; SameSite=Lax$/)
    expect(first.fields.get('cache-control')).toBe('private')
    for (let i = 0; i < 3; i++) {
      const next = await test.ask(withCookie(idOf(cookie)))
      expect(next.fields.has('set-cookie')).toBe(false)
    }
    expect(test.asked).toEqual(['a', 'a', 'a', 'a'])
  })

  it('gives the client to another member when its own is out, and keeps it there', async () => {
    const test = testPool({ balance: sticky })
    const before = idOf((await test.ask()).fields.get('set-cookie'))
    await test.pool.drainMember('a')
    const moved = idOf((await test.ask(withCookie(before))).fields.get('set-cookie'))
    expect(moved).not.toBe(before)
    const member = test.asked.at(-1)
    test.pool.restoreMember('a')
    await test.ask(withCookie(moved))
    await test.ask(withCookie(moved))
    expect(test.asked.slice(-2)).toEqual([member, member])
  })

  it('that nobody gave out is replaced; a retry moves the client too', async () => {
    const test = testPool({ balance: sticky })
    const forged = await test.ask(withCookie('AAAAAAAAAAAAAAAA'))
    const id = idOf(forged.fields.get('set-cookie'))
    expect(id).not.toBe('')
    const [kept] = test.asked
    test.at(kept ?? '').answer = (call) => call.fail('UPSTREAM_UNREACHABLE', false)
    const retried = await test.ask(withCookie(id))
    expect(idOf(retried.fields.get('set-cookie'))).not.toBe(id)
  })

  it('is another one under another secret', async () => {
    const ids = ['one', 'two'].map(async (secret) => {
      const test = testPool({ members: membersNamed('a'), balance: { sticky: { secret } } })
      return (await test.ask()).fields.get('set-cookie')
    })
    const [one, two] = await Promise.all(ids)
    expect(one).not.toBe(two)
  })
})
