import { describe, expect, it } from 'vitest'
import { poolSettingsOf, type PoolSettingsInput } from '../settings/pool-settings.ts'
import { testPool } from '../testing-pool.ts'

const dns = { name: 'app.roundtrip.test', port: 80, minTtlMs: 1000, maxTtlMs: 1000 }
const named = { origin: 'http://192.0.2.1', weight: 5, zone: 'east' }

/** A pool whose name has these addresses, which the test may change. */
const start = async (given: PoolSettingsInput) => {
  const addresses = ['192.0.2.1', '192.0.2.2']
  const test = testPool(given, {
    discover: async () => ({
      endpoints: addresses.map((address) => ({
        origin: `${(given.dns as { scheme?: string }).scheme ?? 'http'}://${address}`,
        weight: 1,
      })),
      ttlMs: 1000,
    }),
  })
  test.pool.start()
  await test.time.advance(0)
  const seen = () => test.pool.members.map(({ name, weight, zone }) => [name, weight, zone])
  return { ...test, addresses, seen }
}

describe('a member that several sources name', () => {
  it('is what settings say of it, whoever came first and comes again', async () => {
    const { pool, time, seen } = await start({ members: [named], dns })
    const expected = [
      ['192.0.2.1', 5, 'east'],
      ['192.0.2.2', 1, undefined],
    ]
    expect(seen()).toEqual(expected)
    await time.advance(5000)
    expect(seen()).toEqual(expected)
    pool.update(poolSettingsOf({ members: [], dns }))
    pool.update(poolSettingsOf({ members: [named], dns }))
    expect(seen()).toEqual(expected)
    pool.stop()
  })

  it('stays as long as one of them names it, as that one says', async () => {
    const { pool, time, addresses, seen } = await start({ members: [named], dns })
    pool.update(poolSettingsOf({ members: [], dns }))
    expect(seen()).toEqual([
      ['192.0.2.1', 1, undefined],
      ['192.0.2.2', 1, undefined],
    ])
    pool.update(poolSettingsOf({ members: [named], dns }))
    addresses.splice(0, 1)
    await time.advance(1000)
    expect(seen()).toContainEqual(['192.0.2.1', 5, 'east'])
    pool.update(poolSettingsOf({ members: [], dns }))
    expect(seen()).toEqual([['192.0.2.2', 1, undefined]])
    pool.stop()
  })

  it('stands where the name says while settings say nothing of that', async () => {
    const inZone = { ...dns, zone: 'west' }
    const members = [named, { origin: 'http://192.0.2.2', weight: 2 }]
    const { pool, addresses, time, seen } = await start({ members, dns: inZone })
    addresses.push('192.0.2.3')
    await time.advance(1000)
    expect(seen()).toEqual([
      ['192.0.2.1', 5, 'east'],
      ['192.0.2.2', 2, 'west'],
      ['192.0.2.3', 1, 'west'],
    ])
    pool.stop()
  })

  it('keeps the weight that was set by hand until the one that counts names another', async () => {
    const { pool, time, seen } = await start({ members: [named], dns })
    pool.setWeight('192.0.2.1', 0)
    await time.advance(5000)
    expect(seen()[0]).toEqual(['192.0.2.1', 0, 'east'])
    pool.update(poolSettingsOf({ members: [{ ...named, weight: 6 }], dns }))
    expect(seen()[0]).toEqual(['192.0.2.1', 6, 'east'])
    pool.stop()
  })

  it('is that until it is removed which was added by hand', async () => {
    const { pool, time, seen } = await start({ members: [named], dns })
    pool.addMember({ origin: 'http://192.0.2.2', weight: 7 })
    pool.update(poolSettingsOf({ members: [named, { origin: 'http://192.0.2.2', weight: 3 }], dns }))
    await time.advance(5000)
    expect(seen()[1]).toEqual(['192.0.2.2', 7, undefined])
    void pool.removeMember('192.0.2.2')
    expect(seen()).toEqual([['192.0.2.1', 5, 'east']])
    pool.stop()
  })

  it('is held against the name that was looked up only while nobody else names it', async () => {
    const overTls = { ...dns, port: 443, scheme: 'https' }
    const members = [{ origin: 'https://192.0.2.1' }]
    const { pool, at } = await start({ members, dns: overTls })
    const serverNames = () => ['192.0.2.1', '192.0.2.2'].map((name) => at(name).options.tls?.serverName)
    expect(serverNames()).toEqual([undefined, 'app.roundtrip.test'])
    pool.update(poolSettingsOf({ members: [], dns: overTls }))
    expect(serverNames()).toEqual(['app.roundtrip.test', 'app.roundtrip.test'])
    pool.update(poolSettingsOf({ members, dns: overTls }))
    expect(serverNames()).toEqual([undefined, 'app.roundtrip.test'])
    pool.stop()
  })
})
