import { RoundtripError } from '@roundtrip/errors'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeMessage, encodeMessage, type Message, type Question } from './message.ts'
import { nameFromLabels, parseName, type Name } from './name.ts'
import type { ResourceRecord } from './record.ts'
import { formatRecord } from './zone/format-record.ts'
import { parseZone } from './zone/parse-zone.ts'

const seed = 1035
const u8 = fc.nat(0xff)
const u16 = fc.nat(0xffff)
const u32 = fc.nat(0xffff_ffff)
const seconds = fc.nat(0x7fff_ffff)
const octets = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString('latin1'))
const label = fc.oneof(
  fc.constantFrom('www', 'WWW', 'roundtrip', 'test', 'a.b', '*'),
  fc.uint8Array({ minLength: 1, maxLength: 63 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
)
const name = fc
  .array(label, { maxLength: 6 })
  .filter((labels) => labels.reduce((bytes, text) => bytes + text.length + 1, 1) <= 255)
  .map(nameFromLabels)

const ipv4 = fc.ipV4()
const ipv6 = fc.ipV6().map((address) => {
  // The codec writes the one canonical form (RFC 5952), so that is what must come back.
  const canonical = parseZone(`. 0 SOA . . 1 1 1 1 1\n. 0 NS a.\n. 0 AAAA ${address}\na. 0 A 127.0.0.1`, {
    file: 'x',
    origin: parseName('.'),
  })
  return canonical.records.find((record) => record.type === 'AAAA')?.address ?? ''
})

const data = fc.oneof(
  fc.record({ type: fc.constant('A' as const), address: ipv4 }),
  fc.record({ type: fc.constant('AAAA' as const), address: ipv6 }),
  fc.record({ type: fc.constant('CNAME' as const), target: name }),
  fc.record({ type: fc.constant('NS' as const), target: name }),
  fc.record({ type: fc.constant('PTR' as const), target: name }),
  fc.record({ type: fc.constant('MX' as const), preference: u16, exchange: name }),
  fc.record({ type: fc.constant('SRV' as const), priority: u16, weight: u16, port: u16, target: name }),
  fc.record({ type: fc.constant('TXT' as const), strings: fc.array(octets(255), { minLength: 1, maxLength: 3 }) }),
  fc.record({
    type: fc.constant('CAA' as const),
    flags: u8,
    tag: fc.stringMatching(/^[a-z0-9]{1,20}$/),
    value: octets(100),
  }),
  fc.record({
    type: fc.constant('SOA' as const),
    primary: name,
    mailbox: name,
    serial: u32,
    refreshSeconds: seconds,
    retrySeconds: seconds,
    expireSeconds: seconds,
    minimumSeconds: seconds,
  }),
  fc.record({
    type: fc.constantFrom('HTTPS' as const, 'DS' as const, 'TYPE65280' as const),
    data: fc.uint8Array({ maxLength: 300 }),
  }),
)
const record: fc.Arbitrary<ResourceRecord> = fc
  .tuple(fc.record({ name, class: fc.constant('IN' as const), ttlSeconds: seconds }), data)
  .map(([head, rest]) => ({ ...head, ...rest }))
const records = fc.array(record, { maxLength: 4 })
const question: fc.Arbitrary<Question> = fc.record({
  name,
  type: fc.constantFrom('A', 'ANY', 'HTTPS', 'TYPE999'),
  class: fc.constantFrom('IN', 'CH', 'CLASS77'),
})
const edns = fc.record({
  udpPayloadBytes: u16,
  version: u8,
  dnssecOk: fc.boolean(),
  options: fc.array(fc.record({ code: u16, data: fc.uint8Array({ maxLength: 20 }) }), { maxLength: 3 }),
})
const message: fc.Arbitrary<Message> = fc.record({
  id: u16,
  isResponse: fc.boolean(),
  opcode: fc.constantFrom('QUERY', 'NOTIFY', 'OPCODE15'),
  authoritative: fc.boolean(),
  truncated: fc.boolean(),
  recursionDesired: fc.boolean(),
  recursionAvailable: fc.boolean(),
  authenticData: fc.boolean(),
  checkingDisabled: fc.boolean(),
  rcode: fc.constantFrom('NOERROR', 'NXDOMAIN', 'RCODE15'),
  questions: fc.array(question, { maxLength: 2 }),
  answers: records,
  authorities: records,
  additionals: records,
  edns: fc.option(edns, { nil: undefined }),
})

/** Decodes, and fails on anything but a message or the one error there is. */
const decodeOrRefuse = (bytes: Uint8Array): 'decoded' | 'refused' => {
  try {
    decodeMessage(bytes)
    return 'decoded'
  } catch (error) {
    expect(error).toBeInstanceOf(RoundtripError)
    expect(error).toMatchObject({ code: 'DNS_MESSAGE_INVALID' })
    return 'refused'
  }
}

describe('messages', () => {
  test('come back from the wire as they went', () => {
    fc.assert(
      fc.property(message, (original) => {
        expect(decodeMessage(encodeMessage(original))).toEqual(original)
      }),
      { seed, numRuns: 500 },
    )
  })

  test('of random octets are decoded or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(['decoded', 'refused']).toContain(decodeOrRefuse(bytes))
      }),
      { seed, numRuns: 2000 },
    )
  })

  test('with a few octets changed, cut or added are decoded or refused', () => {
    const seen = new Set<string>()
    const change = fc.record({ at: fc.nat(), octet: fc.oneof(u8, fc.constantFrom(0xc0, 0, 0xff)) })
    fc.assert(
      fc.property(
        message,
        fc.array(change, { maxLength: 4 }),
        fc.nat(),
        fc.boolean(),
        (original, changes, cut, isCut) => {
          const bytes = Uint8Array.from(encodeMessage(original))
          for (const { at, octet } of changes) bytes[at % bytes.length] = octet
          seen.add(decodeOrRefuse(isCut ? bytes.subarray(0, cut % bytes.length) : bytes))
        },
      ),
      { seed, numRuns: 3000 },
    )
    expect(seen).toEqual(new Set(['decoded', 'refused']))
  })
})

test('any record can be written to a zone file and read back', () => {
  const origin = 'zone.test.' as Name
  const frame = 'zone.test. 1 SOA . . 1 1 1 1 1\nzone.test. 1 NS elsewhere.\n'
  const ordinary = record.filter(({ type }) => !['SOA', 'NS', 'CNAME', 'MX'].includes(type))
  fc.assert(
    fc.property(ordinary, (original) => {
      const inside = { ...original, name: 'owner.zone.test.' as Name }
      const zone = parseZone(frame + formatRecord(inside), { file: 'zone', origin })
      expect(zone.records.at(-1)).toEqual(inside)
    }),
    { seed, numRuns: 500 },
  )
})
