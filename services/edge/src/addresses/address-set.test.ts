import { describe, expect, it } from 'vitest'
import { AddressSet } from './address-set.ts'

describe('AddressSet', () => {
  const set = new AddressSet(['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '::1'], 'deny')

  it.each(['10.0.0.0', '10.255.255.255', '192.0.2.1', '::ffff:10.1.2.3', '2001:db8:ffff::1', '::1'])(
    'has %s',
    (address) => expect(set.has(address)).toBe(true),
  )

  it.each(['11.0.0.0', '192.0.2.2', '::ffff:11.0.0.0', '2001:db9::1', '', 'unknown', '10.0.0'])(
    'has not %s',
    (address) => expect(set.has(address)).toBe(false),
  )

  it('may be everybody, or nobody', () => {
    const everybody = new AddressSet(['0.0.0.0/0', '::/0'], 'deny')
    expect([everybody.has('192.0.2.1'), everybody.has('2001:db8::1')]).toEqual([true, true])
    expect(new AddressSet([], 'deny').has('192.0.2.1')).toBe(false)
  })

  it.each(['10.0.0.0/33', '::/129', '10.0.0/8', 'example.test', '10.0.0.0/8/8', '10.0.0.0/-1', '10.0.0.0/'])(
    'refuses %s and names the setting',
    (block) => expect(() => new AddressSet([block], 'deny')).toThrow(/^deny: .* is no address/),
  )
})
