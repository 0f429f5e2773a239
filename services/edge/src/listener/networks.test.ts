import { expect, it } from 'vitest'
import { inNetworks } from './networks.ts'

it('knows who is in a network', () => {
  const isTrusted = inNetworks('x', ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32'])
  expect(['10.9.8.7', '::ffff:10.9.8.7', '192.0.2.1', '2001:db8:1::1'].map(isTrusted)).toEqual([true, true, true, true])
  expect(['11.0.0.1', '192.0.2.2', '2001:db9::1', 'nobody'].map(isTrusted)).toEqual([false, false, false, false])
})

it.each(['10.0.0.0/33', '10.0.0/8', '::/129', '10.0.0.0/8/9', '10.0.0.0/', 'all'])('%s is no network', (network) => {
  expect(() => inNetworks('listener.x', [network])).toThrow(/listener\.x.*no address or network/)
})
