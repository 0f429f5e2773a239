import { describe, expect, it } from 'vitest'
import { Fields } from './fields.ts'
import { addForwarding, addVia, dropForwarding } from './forwarded.ts'

const hop = { address: '192.0.2.1', scheme: 'https', authority: 'www.roundtrip.test:8443' } as const

describe('addForwarding', () => {
  it('says who asked, for which host, over what', () => {
    expect(Object.fromEntries(addForwarding(Fields.of(), hop))).toEqual({
      forwarded: 'for=192.0.2.1;host="www.roundtrip.test:8443";proto=https',
      'x-forwarded-for': '192.0.2.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'www.roundtrip.test:8443',
      'x-forwarded-port': '8443',
    })
  })

  it('appends to the hops before', () => {
    const fields = addForwarding(Fields.of({ forwarded: 'for=a', 'x-forwarded-for': '198.51.100.7' }), hop)
    expect(fields.get('forwarded')).toBe('for=a, for=192.0.2.1;host="www.roundtrip.test:8443";proto=https')
    expect(fields.get('x-forwarded-for')).toBe('198.51.100.7, 192.0.2.1')
  })

  it('quotes IPv6, and knows the default ports', () => {
    const fields = addForwarding(Fields.of(), { address: '2001:db8::1', scheme: 'http', authority: '[2001:db8::2]' })
    expect(fields.get('forwarded')).toBe('for="[2001:db8::1]";host="[2001:db8::2]";proto=http')
    expect(fields.get('x-forwarded-for')).toBe('2001:db8::1')
    expect(fields.get('x-forwarded-port')).toBe('80')
    const elsewhere = addForwarding(Fields.of(), { ...hop, authority: '[2001:db8::2]:8443' })
    expect(elsewhere.get('x-forwarded-port')).toBe('8443')
  })

  it('calls a client that has gone unknown', () => {
    const fields = addForwarding(Fields.of(), { ...hop, address: '' })
    expect(fields.get('forwarded')).toContain('for=unknown;')
    expect(fields.has('x-forwarded-for')).toBe(false)
  })
})

describe('dropForwarding', () => {
  it('leaves nothing of what a client claims', () => {
    const fields = addForwarding(Fields.of({ 'x-real-ip': '10.0.0.1', accept: '*/*' }), hop)
    expect(dropForwarding(fields).toRaw()).toEqual(['accept', '*/*'])
  })
})

describe('addVia', () => {
  it('appends the protocol version in which the message came', () => {
    const fields = addVia(addVia(Fields.of(), '2', 'roundtrip-edge'), '1.1', 'roundtrip-web')
    expect(fields.getAll('via')).toEqual(['2 roundtrip-edge, 1.1 roundtrip-web'])
  })
})
