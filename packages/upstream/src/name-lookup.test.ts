import type { LookupAddress, LookupOptions } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { describe, expect, it } from 'vitest'
import { keepMs, nameLookup, type ResolveName } from './name-lookup.ts'

const ipv6 = { address: '2001:db8::1', family: 6 }
const ipv4 = { address: '192.0.2.1', family: 4 }

/** What net is told: an error, every address, or one with its family. */
const ask = (lookup: LookupFunction, name: string, options: LookupOptions = { all: true }): Promise<unknown> =>
  new Promise((resolve, reject) => {
    lookup(name, options, (error, address, family) => {
      if (error !== null) reject(error)
      else resolve(family === undefined ? address : [address, family])
    })
  })

/** A resolver whose answers the test gives, and a clock that moves only when told to. */
const start = () => {
  const asked: { name: string; answer: PromiseWithResolvers<LookupAddress[]> }[] = []
  const resolve: ResolveName = (name) => {
    const answer = Promise.withResolvers<LookupAddress[]>()
    asked.push({ name, answer })
    return answer.promise
  }
  const clock = { now: 0 }
  return { asked, clock, lookup: nameLookup({ resolve, clock: () => clock.now }) }
}

describe('lookups of one name', () => {
  it('are one while it is under way, however long that takes', async () => {
    const { asked, clock, lookup } = start()
    const first = ask(lookup, 'a.test')
    clock.now += 10 * keepMs
    const second = ask(lookup, 'a.test')
    const other = ask(lookup, 'b.test')
    expect(asked.map(({ name }) => name)).toEqual(['a.test', 'b.test'])
    asked[1]?.answer.resolve([ipv6])
    expect(await other).toEqual([ipv6])
    asked[0]?.answer.resolve([ipv4])
    expect(await Promise.all([first, second])).toEqual([[ipv4], [ipv4]])
  })

  it('share an answer until it is a second old', async () => {
    const { asked, clock, lookup } = start()
    const first = ask(lookup, 'a.test')
    clock.now = 5000
    asked[0]?.answer.resolve([ipv4])
    await first
    clock.now += keepMs - 1
    expect(await ask(lookup, 'a.test')).toEqual([ipv4])
    clock.now += 1
    const later = ask(lookup, 'a.test')
    asked[1]?.answer.resolve([ipv6])
    expect(await later).toEqual([ipv6])
    expect(asked).toHaveLength(2)
  })

  it('share a failure as long', async () => {
    const { asked, clock, lookup } = start()
    const first = ask(lookup, 'a.test')
    asked[0]?.answer.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }))
    await expect(first).rejects.toMatchObject({ code: 'ENOTFOUND' })
    clock.now += keepMs - 1
    await expect(ask(lookup, 'a.test')).rejects.toMatchObject({ code: 'ENOTFOUND' })
    clock.now += 1
    const later = ask(lookup, 'a.test')
    asked[1]?.answer.resolve([ipv4])
    expect(await later).toEqual([ipv4])
  })
})

describe('what is handed out', () => {
  const lookup = nameLookup({ resolve: async () => [ipv6, ipv4] })

  it.each<[string, LookupOptions, unknown]>([
    ['every address in its order', { all: true }, [ipv6, ipv4]],
    ['those of one family', { all: true, family: 4 }, [ipv4]],
    ['the first', {}, ['2001:db8::1', 6]],
    ['the first when any family will do', { family: 0, all: false }, ['2001:db8::1', 6]],
    ['the first of a family', { family: 'IPv4' }, ['192.0.2.1', 4]],
  ])('is %s', async (_what, options, expected) => {
    expect(await ask(lookup, 'a.test', options)).toEqual(expected)
  })

  it.each([true, false])('is an error when there is no address of the family (all: %s)', async (all) => {
    const onlyIpv6 = nameLookup({ resolve: async () => [ipv6] })
    await expect(ask(onlyIpv6, 'a.test', { family: 4, all })).rejects.toMatchObject({
      code: 'ENOTFOUND',
      hostname: 'a.test',
    })
  })
})

it('asks the operating system by default', async () => {
  expect(await ask(nameLookup(), 'localhost')).toContainEqual(
    expect.objectContaining({ address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/) }),
  )
})
