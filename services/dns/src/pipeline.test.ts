import { encodeMessage, parseZone } from '@roundtrip/dns-wire'
import { describe, expect, test } from 'vitest'
import { dnsPipeline } from './pipeline.ts'
import { ask, edns, queryFor, send, soa, text, zone } from './testing/ask.ts'

describe('EDNS (RFC 6891)', () => {
  test('is answered in kind', async () => {
    const response = await ask('www.roundtrip.test', 'A', { edns: edns(4096) })
    expect(response.edns).toEqual({ udpPayloadBytes: 1232, version: 0, dnssecOk: true, options: [] })
  })

  test('of another version is BADVERS', async () => {
    expect(await ask('www.roundtrip.test', 'A', { edns: edns(4096, 1) })).toMatchObject({
      rcode: 'BADVERS',
      edns: { version: 0 },
      answers: [],
    })
  })

  test('unknown options are ignored', async () => {
    const options = [{ code: 65_001, data: Uint8Array.of(1) }]
    expect(await ask('www.roundtrip.test', 'A', { edns: { ...edns(1232), options } })).toMatchObject({
      rcode: 'NOERROR',
      edns: { options: [] },
    })
  })

  test.each(['REFUSED', 'NXDOMAIN'])('is in an answer of %s as well', async (rcode) => {
    const name = rcode === 'REFUSED' ? 'example.com' : 'nowhere.roundtrip.test'
    const response = await ask(name, 'A', { edns: edns(1232) })
    expect(response).toMatchObject({ rcode, edns: { version: 0 } })
  })
})

describe('the size of an answer', () => {
  const truncated = { truncated: true, authoritative: true, rcode: 'NOERROR', answers: [], authorities: [] }

  test.each([
    ['512 octets without EDNS', 'middle', undefined],
    ['what the client can take', 'middle', 400],
    ['1,232 octets, whatever the client can take', 'big', 65_535],
  ])('over UDP is at most %s', async (_, name, payload) => {
    const changes = payload === undefined ? {} : { edns: edns(payload) }
    expect(await ask(`${name}.roundtrip.test`, 'TXT', changes)).toMatchObject(truncated)
  })

  test('may be as large as the client says', async () => {
    expect(await ask('middle.roundtrip.test', 'TXT', { edns: edns(600) })).toMatchObject({ truncated: false })
    expect(await ask('fits.roundtrip.test', 'TXT', { edns: edns(4096) })).toMatchObject({ truncated: false })
  })

  test('over TCP is whole', async () => {
    const response = await ask('big.roundtrip.test', 'TXT', {}, { transport: 'tcp' })
    expect(response.truncated).toBe(false)
    expect(response.answers[0]?.match(/x/g)).toHaveLength(255 * 5)
  })

  test('beyond what TCP can frame is SERVFAIL, and logged', async () => {
    const strings = Array.from({ length: 20 }, () => text(255)).join(' ')
    const records = Array.from({ length: 15 }, (_, index) => `huge TXT "${index}" ${strings}`).join('\n')
    const huge = parseZone(`$ORIGIN huge.test.\n@ 60 SOA ns host 1 1 1 1 1\n@ NS ns\nns A 127.0.0.1\n${records}\n`, {
      file: 'huge.zone',
    })
    const handler = dnsPipeline({ zones: [huge], random: () => 0 })
    const logged: object[] = []
    for (const transport of ['udp', 'tcp'] as const) {
      const response = await ask('huge.huge.test', 'TXT', {}, { handler, transport, logged })
      expect(response).toMatchObject({ rcode: 'SERVFAIL', answers: [] })
    }
    expect(logged).toContainEqual(
      expect.objectContaining({ error: expect.objectContaining({ code: 'DNS_MESSAGE_INVALID' }) }),
    )
  })
})

describe('ANY (RFC 8482)', () => {
  test('is one RRset over UDP', async () => {
    const { answers } = await ask('any.wild.roundtrip.test', 'ANY')
    expect(answers).toEqual(['any.wild.roundtrip.test. 300 IN A 127.0.0.5'])
  })

  test('is everything over TCP', async () => {
    expect((await ask('roundtrip.test', 'ANY', {}, { transport: 'tcp' })).answers).toHaveLength(3)
  })

  test('of nothing is NODATA or NXDOMAIN', async () => {
    expect(await ask('below.roundtrip.test', 'ANY')).toMatchObject({ rcode: 'NOERROR', authorities: [soa] })
    expect(await ask('nowhere.roundtrip.test', 'ANY')).toMatchObject({ rcode: 'NXDOMAIN', authorities: [soa] })
  })
})

describe('round robin', () => {
  test('each record comes first in its turn, and aliases stay in front', async () => {
    const values = [0, 0.34, 0.99]
    const handler = dnsPipeline({ zones: [zone], random: () => values.shift() ?? 0 })
    const firsts: (string | undefined)[] = []
    for (let turn = 0; turn < 3; turn++) {
      const { answers } = await ask('shop.roundtrip.test', 'A', {}, { handler })
      expect(answers[0]).toContain('CNAME')
      expect(new Set(answers).size).toBe(4)
      firsts.push(answers[1]?.split(' ').at(-1))
    }
    expect(firsts).toEqual(['127.0.0.1', '127.0.0.2', '127.0.0.3'])
  })
})

describe('what is not answered as a query', () => {
  const query = queryFor('www.roundtrip.test')
  const [question] = query.questions

  test('responses are met with silence', async () => {
    expect(await send(encodeMessage({ ...query, isResponse: true }))).toBeUndefined()
    const garbageBehind = Buffer.concat([encodeMessage({ ...query, isResponse: true }), Buffer.alloc(3, 0xff)])
    expect(await send(garbageBehind)).toBeUndefined()
  })

  test.each([0, 1, 11])('%d octets are met with silence', async (length) => {
    expect(await send(new Uint8Array(length))).toBeUndefined()
  })

  test('other opcodes are NOTIMP, whatever follows the header', async () => {
    expect(await send(encodeMessage({ ...query, opcode: 'UPDATE', edns: edns(1232) }))).toMatchObject({
      rcode: 'NOTIMP',
      opcode: 'UPDATE',
      edns: { version: 0 },
    })
    const bytes = Buffer.from(encodeMessage({ ...query, opcode: 'OPCODE9' }))
    expect(await send(bytes.subarray(0, 15))).toMatchObject({ rcode: 'NOTIMP', opcode: 'OPCODE9', questions: [] })
  })

  test('garbage behind a header is FORMERR, without the question that could not be read', async () => {
    const bytes = Buffer.from(encodeMessage(query))
    for (const garbage of [bytes.subarray(0, 14), Buffer.concat([bytes, Buffer.of(0)])]) {
      expect(await send(garbage)).toMatchObject({ id: 4242, rcode: 'FORMERR', questions: [], recursionDesired: true })
    }
  })

  test.each([0, 2])('%d questions are FORMERR (RFC 9619)', async (count) => {
    const questions = Array.from({ length: count }, () => question).filter((each) => each !== undefined)
    expect(await send(encodeMessage({ ...query, questions }))).toMatchObject({ rcode: 'FORMERR' })
  })

  test.each(['CH', 'ANY', 'CLASS77'] as const)('class %s is REFUSED', async (questionClass) => {
    const questions = query.questions.map((each) => ({ ...each, class: questionClass }))
    expect(await send(encodeMessage({ ...query, questions }))).toMatchObject({ rcode: 'REFUSED', authoritative: false })
  })

  test.each([
    ['AXFR', 'REFUSED'],
    ['IXFR', 'REFUSED'],
    ['OPT', 'FORMERR'],
    ['TSIG', 'FORMERR'],
  ] as const)('%s is %s', async (type, rcode) => {
    expect(await ask('roundtrip.test', type)).toMatchObject({ rcode, answers: [] })
  })
})

test('one debug line per message tells what was asked, what came of it and who answered', async () => {
  const logged: object[] = []
  await ask('nowhere.roundtrip.test', 'A', {}, { logged })
  await send(new Uint8Array(3), { logged })
  expect(logged).toEqual([
    {
      name: 'nowhere.roundtrip.test.',
      type: 'A',
      client: '192.0.2.1',
      transport: 'udp',
      rcode: 'NXDOMAIN',
      answers: 0,
      answeredBy: 'authority',
      durationMs: expect.any(Number),
    },
    expect.objectContaining({ name: undefined, rcode: 'dropped', answeredBy: 'drop-unanswerable' }),
  ])
})

test('two files for one zone are refused', () => {
  expect(() => dnsPipeline({ zones: [zone, zone], random: () => 0 })).toThrow('Two zone files are for roundtrip.test.')
})
