import { describe, expect, it } from 'vitest'
import { parseProxyHeader } from './proxy-header.ts'

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

const binary = (
  versionAndCommand: number,
  family: number,
  payload: readonly number[],
  length = payload.length,
): Buffer =>
  Buffer.concat([signature, Buffer.from([versionAndCommand, family, length >> 8, length & 0xff, ...payload])])

const ports = [0x12, 0x67, 0x01, 0xbb]
const ipv4 = [192, 0, 2, 7, 192, 0, 2, 1, ...ports]
const ipv6 = [
  ...Array.from({ length: 32 }, (_, index) => (index === 0 ? 0x20 : index === 1 ? 1 : index === 15 ? 7 : 0)),
  ...ports,
]

const good: readonly [string, Buffer, object | undefined][] = [
  ['IPv4 in a line', Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n'), { address: '192.0.2.7', port: 4711 }],
  ['IPv6 in a line', Buffer.from('PROXY TCP6 2001:db8::7 ::1 4711 443\r\n'), { address: '2001:db8::7', port: 4711 }],
  ['nobody known', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
  ['nobody known, at length', Buffer.from('PROXY UNKNOWN ffff::1 a b\r\n'), undefined],
  ['IPv4 in binary', binary(0x21, 0x11, ipv4), { address: '192.0.2.7', port: 4711 }],
  ['IPv6 in binary', binary(0x21, 0x21, ipv6), { address: '2001::7', port: 4711 }],
  ['IPv4 with extensions', binary(0x21, 0x11, [...ipv4, 3, 0, 1, 9]), { address: '192.0.2.7', port: 4711 }],
  ['the balancer itself', binary(0x20, 0, []), undefined],
  ['nobody known, in binary', binary(0x21, 0, []), undefined],
]

describe('a header', () => {
  it.each(good)('names the client: %s', (_what, octets, client) => {
    const header = parseProxyHeader(Buffer.concat([octets, Buffer.from('more')]))
    expect(header).toEqual({ length: octets.length, client })
  })

  it.each(good)('is waited for until it is whole: %s', (_what, octets) => {
    for (let length = 0; length < octets.length; length++) {
      expect(parseProxyHeader(octets.subarray(0, length))).toBeUndefined()
    }
  })

  it.each([
    ['something else', Buffer.from('GET / HTTP/1.1\r\n')],
    ['lower case', Buffer.from('proxy TCP4 192.0.2.7 192.0.2.1 4711 443\r\n')],
    ['a family that does not fit', Buffer.from('PROXY TCP4 ::1 ::1 1 2\r\n')],
    ['an unknown family', Buffer.from('PROXY UDP4 192.0.2.7 192.0.2.1 1 2\r\n')],
    ['two spaces', Buffer.from('PROXY TCP4  192.0.2.7 192.0.2.1 1 2\r\n')],
    ['a word too many', Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 1 2 3\r\n')],
    ['a leading zero', Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 01 2\r\n')],
    ['a port too high', Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 65536 2\r\n')],
    ['a signed port', Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 +1 2\r\n')],
    ['an address with a leading zero', Buffer.from('PROXY TCP4 192.0.2.07 192.0.2.1 1 2\r\n')],
    ['a line without an end', Buffer.from(`PROXY TCP4 ${'1'.repeat(100)}`)],
    ['version 1 in binary', binary(0x11, 0x11, ipv4)],
    ['an unknown command', binary(0x22, 0x11, ipv4)],
    ['datagrams', binary(0x21, 0x12, ipv4)],
    ['a Unix socket', binary(0x21, 0x31, [])],
    ['addresses cut short', binary(0x21, 0x11, ipv4.slice(0, 11))],
    ['a length out of all proportion', binary(0x21, 0x11, ipv4, 65_535)],
  ])('is refused: %s', (_what, octets) => {
    expect(() => parseProxyHeader(octets)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
  })
})
