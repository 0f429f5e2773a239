import { Packet } from 'dns2'
import { describe, expect, test } from 'vitest'
import { decodeMessage, emptyMessage, encodeMessage, type Message } from './message.ts'
import { nameFromLabels, parseName } from './name.ts'
import type { ResourceRecord } from './record.ts'

const head = { name: parseName('www.roundtrip.test'), class: 'IN', ttlSeconds: 30 } as const
const target = parseName('roundtrip.test')
const roundTrip = (message: Message): Message => decodeMessage(encodeMessage(message))
const header = (counts: string): string => `0001 0000 ${counts}`
const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex')

test('the twelve octets and the question are where RFC 1035 puts them', () => {
  const query: Message = {
    ...emptyMessage,
    id: 0xbeef,
    recursionDesired: true,
    questions: [{ name: parseName('a.test'), type: 'AAAA', class: 'IN' }],
  }
  const expected = hex('beef 0100 0001 0000 0000 0000 01 61 04 74657374 00 001c 0001')
  expect(Buffer.from(encodeMessage(query))).toEqual(expected)
  expect(decodeMessage(expected)).toEqual(query)
})

describe('record data', () => {
  const records: ResourceRecord[] = [
    { ...head, type: 'A', address: '127.0.0.1' },
    { ...head, type: 'AAAA', address: '2001:db8::1' },
    { ...head, type: 'AAAA', address: '::ffff:192.0.2.1' },
    { ...head, type: 'AAAA', address: '::' },
    { ...head, type: 'CNAME', target },
    { ...head, type: 'NS', target },
    { ...head, type: 'PTR', target: nameFromLabels(['dot.in', 'label']) },
    { ...head, type: 'MX', preference: 10, exchange: target },
    { ...head, type: 'TXT', strings: ['v=spf1 -all', '', 'ÿ'.repeat(255), 'x'] },
    { ...head, type: 'SRV', priority: 1, weight: 2, port: 443, target },
    { ...head, type: 'CAA', flags: 128, tag: 'issue', value: 'ca.test; policy=\u00e9v' },
    { ...head, type: 'HTTPS', data: Uint8Array.of(0, 1, 0) },
    { ...head, type: 'TYPE65280', data: new Uint8Array(0) },
    {
      ...head,
      type: 'SOA',
      primary: target,
      mailbox: target,
      serial: 0xffff_ffff,
      refreshSeconds: 1,
      retrySeconds: 2,
      expireSeconds: 3,
      minimumSeconds: 4,
    },
  ]
  test.each(records)('$type comes back as it went', (record) => {
    expect(roundTrip({ ...emptyMessage, answers: [record] }).answers).toEqual([record])
  })

  test('dns2 reads what is written here', () => {
    const plain = records.filter(({ type }) => ['A', 'CNAME', 'NS', 'MX', 'SRV', 'SOA'].includes(type))
    const packet = Packet.parse(Buffer.from(encodeMessage({ ...emptyMessage, answers: plain })))
    expect(packet.errors).toEqual([])
    expect(packet.answers).toMatchObject([
      { name: 'www.roundtrip.test', ttl: 30, address: '127.0.0.1' },
      { domain: 'roundtrip.test' },
      { ns: 'roundtrip.test' },
      { exchange: 'roundtrip.test', priority: 10 },
      { target: 'roundtrip.test', priority: 1, weight: 2, port: 443 },
      { primary: 'roundtrip.test', serial: 0xffff_ffff, minimum: 4 },
    ])
  })

  test('what dns2 writes is read here', () => {
    const packet = new Packet()
    packet.header = new Packet.Header({ id: 7, qr: 1, aa: 1 })
    packet.questions.push(new Packet.Question('www.roundtrip.test', Packet.TYPE.MX, Packet.CLASS.IN))
    const answer = {
      name: 'roundtrip.test',
      type: Packet.TYPE.MX,
      class: 1,
      ttl: 60,
      priority: 5,
      exchange: 'mail.roundtrip.test',
    }
    Object.assign(packet, { answers: [answer] })
    expect(decodeMessage(packet.toBuffer())).toMatchObject({
      id: 7,
      isResponse: true,
      authoritative: true,
      questions: [{ name: 'www.roundtrip.test.', type: 'MX', class: 'IN' }],
      answers: [{ name: 'roundtrip.test.', type: 'MX', preference: 5, exchange: 'mail.roundtrip.test.' }],
    })
  })
})

describe('compression', () => {
  const answers: ResourceRecord[] = [
    { ...head, type: 'CNAME', target: parseName('edge.roundtrip.test') },
    { ...head, name: parseName('EDGE.roundtrip.test'), type: 'A', address: '127.0.0.1' },
  ]

  test('points to what was written before, and never at the price of a letter’s case', () => {
    const bytes = encodeMessage({ ...emptyMessage, answers })
    expect(Buffer.from(bytes).toString('latin1').split('roundtrip')).toHaveLength(2)
    expect(decodeMessage(bytes).answers).toEqual(answers)
  })

  test('is not used in SRV targets (RFC 2782)', () => {
    const srv: ResourceRecord = { ...head, type: 'SRV', priority: 0, weight: 0, port: 1, target: head.name }
    const bytes = encodeMessage({ ...emptyMessage, answers: [srv] })
    expect(Buffer.from(bytes).toString('latin1').split('roundtrip')).toHaveLength(3)
  })

  test('stops where 14 bits end', () => {
    const filler: ResourceRecord = { ...head, type: 'TYPE65280', data: new Uint8Array(17_000) }
    const late = answers.map((record) => ({ ...record, name: parseName(`late.${record.name}`) }))
    const message = { ...emptyMessage, answers: [filler, ...late, ...late] }
    expect(roundTrip(message)).toEqual(message)
  })
})

describe('EDNS', () => {
  const edns = { udpPayloadBytes: 1232, version: 0, dnssecOk: true, options: [{ code: 10, data: Uint8Array.of(1, 2) }] }

  test('carries size, DO, options and the upper half of the response code', () => {
    const message: Message = { ...emptyMessage, isResponse: true, rcode: 'BADVERS', edns }
    expect(roundTrip(message)).toEqual(message)
  })

  test('is needed for response codes over 15', () => {
    expect(() => encodeMessage({ ...emptyMessage, rcode: 'BADVERS' })).toThrow('cannot be said without EDNS')
  })
})

describe('malformed messages', () => {
  const opt = '00 0029 04d0 00000000 0000'
  test.each([
    ['nothing', ''],
    ['half a header', '0001 0000 0001'],
    ['a missing question', header('0001 0000 0000 0000')],
    ['octets after the end', `${header('0000 0000 0000 0000')} 00`],
    ['a pointer to itself', `${header('0001 0000 0000 0000')} c00c 0001 0001`],
    ['a pointer forwards', `${header('0001 0000 0000 0000')} c012 0001 0001 00`],
    ['pointers in a circle', `${header('0002 0000 0000 0000')} 0161 c010 0001 0001 0162 c00c 0001 0001`],
    ['a reserved label type', `${header('0001 0000 0000 0000')} 40 00 0001 0001`],
    ['a label past the end', `${header('0001 0000 0000 0000')} 3f 61`],
    ['an A of three octets', `${header('0000 0001 0000 0000')} 00 0001 0001 00000000 0003 7f0000`],
    ['data past the end', `${header('0000 0001 0000 0000')} 00 0001 0001 00000000 0004 7f00`],
    ['a name longer than its data', `${header('0000 0001 0000 0000')} 00 0005 0001 00000000 0002 0161 00`],
    ['a string longer than its data', `${header('0000 0001 0000 0000')} 00 0010 0001 00000000 0002 0561 0000000000`],
    ['data left over', `${header('0000 0001 0000 0000')} 00 0005 0001 00000000 0002 0000`],
    ['two OPT records', `${header('0000 0000 0000 0002')} ${opt} ${opt}`],
    ['OPT among the answers', `${header('0000 0001 0000 0000')} ${opt}`],
    ['OPT with an owner', `${header('0000 0000 0000 0001')} 0161 ${opt}`],
    ['an option cut off', `${header('0000 0000 0000 0001')} 00 0029 04d0 00000000 0003 000a00`],
    ['counts beyond reason', header('ffff ffff ffff ffff')],
  ])('%s', (_, text) => {
    expect(() => decodeMessage(hex(text))).toThrow(expect.objectContaining({ code: 'DNS_MESSAGE_INVALID' }))
  })

  test('a name that chains too many pointers costs nothing', () => {
    // Each pointer points to the one before it; the question's name is the last of them.
    const chain = Array.from({ length: 8000 }, (_, index) =>
      (0xc000 | (index === 0 ? 23 : 24 + 2 * (index - 1))).toString(16),
    )
    const opaque = `00 ff00 0001 00000000 ${(chain.length * 2 + 1).toString(16).padStart(4, '0')} 00`
    const last = (0xc000 | (24 + 2 * (chain.length - 1))).toString(16)
    const bytes = hex(
      `${header('0000 0002 0000 0000')} ${opaque} ${chain.join('')} ${last} 0001 0001 00000000 0004 7f000001`,
    )
    expect(() => decodeMessage(bytes)).toThrow('more than 127 pointers')
  })

  test('data left over in a record is not taken for the next one', () => {
    const bytes = hex(`${header('0000 0002 0000 0000')} 00 0005 0001 00000000 0002 0000 00 0005 0001 00000000 0001 00`)
    expect(() => decodeMessage(bytes)).toThrow('at octet 24: 1 octets of record data are left over')
  })

  test('a TTL with its top bit set counts as zero (RFC 2181 §8)', () => {
    const bytes = hex(`${header('0000 0001 0000 0000')} 00 0001 0001 80000000 0004 7f000001`)
    expect(decodeMessage(bytes).answers[0]?.ttlSeconds).toBe(0)
  })

  test('a message over 65,535 octets is not written', () => {
    const record: ResourceRecord = { ...head, type: 'TYPE65280', data: new Uint8Array(40_000) }
    expect(() => encodeMessage({ ...emptyMessage, answers: [record, record] })).toThrow('longer than 65535')
  })
})
