import { RoundtripError } from '@roundtrip/errors'
import { describe, expect, test } from 'vitest'
import { parseName } from '../name.ts'
import { formatRecord } from './format-record.ts'
import { parseZone } from './parse-zone.ts'

const head = `$ORIGIN roundtrip.test.
$TTL 1h
@ SOA ns1 hostmaster 1 1d 2h 4w 5m
@ NS ns1
ns1 A 127.0.0.1
`
const lines = (text: string): string[] => parseZone(text, { file: 'test.zone' }).records.map(formatRecord)
const added = (text: string): string[] => lines(head + text).slice(3)
const problemsOf = (text: string): string => {
  try {
    parseZone(text, { file: 'test.zone' })
  } catch (error) {
    expect(error).toBeInstanceOf(RoundtripError)
    expect(error).toMatchObject({ code: 'ZONE_INVALID' })
    return (error as Error).message
  }
  return 'no problem'
}

describe('what a zone file may say', () => {
  test('the apex, relative names, TTL units', () => {
    const zone = parseZone(head, { file: 'test.zone' })
    expect(zone.origin).toBe('roundtrip.test.')
    expect(zone.soa).toMatchObject({ refreshSeconds: 86_400, expireSeconds: 2_419_200, minimumSeconds: 300 })
    expect(zone.records.map(formatRecord)).toEqual([
      'roundtrip.test. 3600 IN SOA ns1.roundtrip.test. hostmaster.roundtrip.test. 1 86400 7200 2419200 300',
      'roundtrip.test. 3600 IN NS ns1.roundtrip.test.',
      'ns1.roundtrip.test. 3600 IN A 127.0.0.1',
    ])
  })

  test('parentheses, comments, blank owners, CRLF', () => {
    const text = head.replace('1 1d 2h 4w 5m', '( ; the numbers\r\n  1 1d ; refresh\r\n 2h 4w\r\n\t5m )\r')
    expect(lines(`${text}www A 127.0.0.2 ; one\n\n    AAAA ::1\n`).slice(3)).toEqual([
      'www.roundtrip.test. 3600 IN A 127.0.0.2',
      'www.roundtrip.test. 3600 IN AAAA ::1',
    ])
  })

  test('TTL and class in either order, in any case, or not at all', () => {
    const expected = 'a.roundtrip.test. 60 IN A 127.0.0.2'
    for (const text of ['a 60 IN A 127.0.0.2', 'a in 1m a 127.0.0.2', 'A.roundtrip.test. 60 A 127.0.0.2']) {
      expect(added(text)[0]?.toLowerCase()).toBe(expected.toLowerCase())
    }
  })

  test('quoted and escaped strings, one over 255 octets split by hand', () => {
    const long = 'x'.repeat(255)
    expect(added(String.raw`@ TXT "a;b (c) \"d\" \\ \065" plain\;word "${long}" "é"`)).toEqual([
      String.raw`roundtrip.test. 3600 IN TXT "a;b (c) \"d\" \\ A" "plain;word" "${long}" "\195\169"`,
    ])
    expect(problemsOf(`${head}@ TXT "${long}x"`)).toBe(
      'test.zone:6: the text has 256 octets: expected at most 255, split it into several strings',
    )
  })

  test('unknown types, $ORIGIN in the middle, @ quoted or not', () => {
    expect(added('$ORIGIN sub\nhost TYPE65280 \\# 3 01 02ff\n@ A 127.0.0.3\n')).toEqual([
      'host.sub.roundtrip.test. 3600 IN TYPE65280 \\# 3 0102ff',
      'sub.roundtrip.test. 3600 IN A 127.0.0.3',
    ])
  })

  test('an origin given from outside, and the TTL of the record before', () => {
    const text = '@ 60 SOA ns1 host 1 1 1 1 1\n@ NS ns1\nns1 A 127.0.0.1\n'
    const zone = parseZone(text, { file: 'test.zone', origin: parseName('example.test') })
    expect(zone.records.map(({ ttlSeconds }) => ttlSeconds)).toEqual([60, 60, 60])
  })

  test('a record twice counts once (RFC 2181 §5)', () => {
    expect(added('www A 127.0.0.2\nWWW A 127.0.0.2\n')).toHaveLength(1)
  })

  test('delegations with glue, and servers in the child’s own hands', () => {
    expect(added('sub NS ns.sub\nsub NS ns.elsewhere.example.\nns.sub A 127.0.0.9\n')).toHaveLength(3)
  })
})

describe('what it may not', () => {
  test.each([
    ['www A 300.0.0.1', '6: "300.0.0.1" is not valid: expected an IPv4 address'],
    ['www AAAA fe80::1%eth0', '6: "fe80::1%eth0" is not valid: expected an IPv6 address'],
    ['www A', '6: the entry ends too early: expected an IPv4 address'],
    ['www A 127.0.0.1 extra', '6: "extra" is too much: expected the end of the entry'],
    ['www BOGUS x', '6: "BOGUS" is not valid: expected a record type such as A or TYPE65280'],
    ['www ANY x', '6: "ANY" is not valid: expected a record type'],
    ['www', '6: the entry ends too early: expected a record type'],
    ['www CH A 127.0.0.1', '6: the class CH is not supported: expected IN'],
    ['www MX high mail', '6: "high" is not valid: expected the preference, a whole number from 0 to 65535'],
    ['w..w A 127.0.0.1', '6: "w..w": The domain name has an empty label'],
    ['$INCLUDE other.zone', '6: $INCLUDE is not supported: expected $ORIGIN, $TTL or a record'],
    ['$TTL soon', '6: "soon" is not valid: expected the default TTL, in seconds or as in 1h30m'],
    ['www TXT "open', '6: a " is out of place'],
    ['www TXT ( "a"\n"b"', '6: a ( has no partner: expected a ) after it'],
    ['www TXT a )', '6: a ) has no partner: expected a ( before it'],
    ['www HTTPS 1 .', '6: "1": expected data of the form \\# length hex'],
    ['www HTTPS \\# 2 00', '6: the data is not valid: expected 2 octets as 4 hexadecimal digits'],
    [
      '@ SOA ns1 h 1 1 1 1 1\n@ SOA ns1 h 2 1 1 1 1',
      '6: a second SOA record: expected exactly one, the first is in line 3',
    ],
    ['www.example. A 127.0.0.1', '6: www.example. is out of zone: expected a name in roundtrip.test.'],
    ['www CNAME ns1\nwww A 127.0.0.1', '6: www.roundtrip.test. is a CNAME with other data beside it'],
    ['www CNAME ns1\nwww CNAME ns2', '6: www.roundtrip.test. is a CNAME with other data beside it'],
    ['www 60 A 127.0.0.1\nwww 61 A 127.0.0.2', '7: the TTL is 61: expected 60 like the A record before'],
    [
      'sub NS ns.else.\nhost.sub TXT x',
      '7: TXT of host.sub.roundtrip.test. lies below the delegation of sub.roundtrip.test.',
    ],
    ['sub NS ns.sub', '6: ns.sub.roundtrip.test. has no address: expected an A or AAAA record for it'],
    ['@ MX 10 mail\nmail CNAME ns1', '6: mail.roundtrip.test. is a CNAME: expected a name with addresses of its own'],
  ])('%s', (text, problem) => {
    expect(problemsOf(`${head}${text}\n`)).toContain(`test.zone:${problem}`)
  })

  test('all problems are told at once, with their own lines inside parentheses', () => {
    expect(problemsOf(`${head}a A x\nb TXT (\n"fine"\n)\nc SRV (\n1\n2\nport x )\n`)).toBe(
      [
        'test.zone:6: "x" is not valid: expected an IPv4 address',
        'test.zone:13: "port" is not valid: expected the port, a whole number from 0 to 65535',
      ].join('\n'),
    )
  })

  test('of a file that is no zone file, twenty problems are enough', () => {
    const problems = problemsOf('no zone file\n'.repeat(23)).split('\n')
    expect(problems).toHaveLength(21)
    expect(problems.at(-1)).toBe('test.zone: and 3 more problems')
  })

  test.each([
    ['', '1: the zone has no SOA record: expected exactly one'],
    ['www A 127.0.0.1', '1: "www" is relative, but to what? expected a $ORIGIN line above'],
    ['a.test. SOA . . 1 1 1 1 1', '1: the record has no TTL'],
    ['  A 127.0.0.1', '1: the entry has no owner'],
    ['$ORIGIN a.test.\n@ 1 SOA . . 1 1 1 1 1', '2: a.test. has no NS record: expected at least one at the apex'],
  ])('a zone of only %j', (text, problem) => {
    expect(problemsOf(text)).toContain(`test.zone:${problem}`)
  })
})
