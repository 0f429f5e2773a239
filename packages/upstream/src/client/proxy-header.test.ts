import { describe, expect, it } from 'vitest'
import { proxyHeader } from './proxy-header.ts'

const connection = (sourceAddress: string, destinationAddress: string) => ({
  sourceAddress,
  sourcePort: 56_324,
  destinationAddress,
  destinationPort: 443,
})

describe('version 1', () => {
  it.each([
    ['192.0.2.1', '198.51.100.7', 'PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n'],
    ['2001:db8::1', '2001:db8::2', 'PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n'],
    ['192.0.2.1', '2001:db8::2', 'PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 56324 443\r\n'],
    ['fe80::1%eth0', 'fe80::2', 'PROXY TCP6 fe80::1 fe80::2 56324 443\r\n'],
    ['', '198.51.100.7', 'PROXY UNKNOWN\r\n'],
    ['a\r\nb', '198.51.100.7', 'PROXY UNKNOWN\r\n'],
  ])('from %j to %s', (source, destination, line) => {
    expect(proxyHeader('v1', connection(source, destination)).toString('latin1')).toBe(line)
  })
})

describe('version 2', () => {
  const signature = '0d0a0d0a000d0a515549540a'
  it.each([
    ['192.0.2.1', '198.51.100.7', '21 11 000c c0000201 c6336407 dc04 01bb'],
    [
      '2001:db8::1',
      '::ffff:198.51.100.7',
      '21 21 0024 20010db8000000000000000000000001 00000000000000000000ffffc6336407 dc04 01bb',
    ],
    ['192.0.2.1', '::1', '21 21 0024 00000000000000000000ffffc0000201 00000000000000000000000000000001 dc04 01bb'],
    ['1:2:3:4:5:6:7:8', '::', '21 21 0024 00010002000300040005000600070008 00000000000000000000000000000000 dc04 01bb'],
    ['unix', '198.51.100.7', '20 00 0000'],
  ])('from %s to %s', (source, destination, hex) => {
    expect(proxyHeader('v2', connection(source, destination)).toString('hex')).toBe(signature + hex.replaceAll(' ', ''))
  })
})
