/** The client's address: what the own tiers say, whatever a client puts before it. */
import type { FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { clientNetwork } from './client-address.ts'

const from = (field: string | undefined, ownHops = 2, remoteAddress = '10.0.0.9'): string =>
  clientNetwork(
    { headers: { 'x-forwarded-for': field }, socket: { remoteAddress } } as unknown as FastifyRequest,
    ownHops,
  )

test.each([
  ['192.0.2.1, 10.0.0.1', '192.0.2.1'],
  ['8.8.8.8, 192.0.2.1, 10.0.0.1', '192.0.2.1'],
  ['192.0.2.1', '192.0.2.1'],
  [undefined, '10.0.0.9'],
  ['', '10.0.0.9'],
  ['unknown, 10.0.0.1', '10.0.0.9'],
  ['2001:db8:1:2:3:4:5:6, 10.0.0.1', '2001:db8:1:2::/64'],
  ['2001:DB8::1, 10.0.0.1', '2001:db8:0:0::/64'],
  ['::1, 10.0.0.1', '0:0:0:0::/64'],
  ['::ffff:192.0.2.1, 10.0.0.1', '192.0.2.1'],
])('behind two tiers, %s is %s', (field, network) => {
  expect(from(field)).toBe(network)
})

test('without any tier in front the field says nothing', () => {
  expect(from('192.0.2.1', 0)).toBe('10.0.0.9')
})
