import { array, assert, constantFrom, integer, property, string, stringMatching, tuple, uint8Array } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HpackDecoder } from './decoder.ts'
import { encodeLine, encodeStatus, maxEncodedLength } from './encoder.ts'
import { HpackError } from './hpack-error.ts'
import { decodeHuffman, encodeHuffman, huffmanLength, maxDecodedLength } from './huffman.ts'
import { staticLineIndex, staticTable } from './static-table.ts'

const decoderOf = (limits: { tableBytes?: number; listBytes?: number; lines?: number } = {}): HpackDecoder =>
  new HpackDecoder({ tableBytes: 4096, listBytes: 65_536, lines: 1000, ...limits })

const decode = (decoder: HpackDecoder, hex: string): string[] =>
  decoder.decode(Buffer.from(hex, 'hex')).lines.map(({ name, value }) => `${name}: ${value}`)

const common = [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com']

describe('RFC 7541 appendix C', () => {
  it.each([
    [
      'C.3, without Huffman',
      [
        '828684410f7777772e6578616d706c652e636f6d',
        '828684be58086e6f2d6361636865',
        '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
      ],
    ],
    [
      'C.4, with Huffman',
      [
        '828684418cf1e3c2e5f23a6ba0ab90f4ff',
        '828684be5886a8eb10649cbf',
        '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
      ],
    ],
  ])('%s', (_what, [first = '', second = '', third = '']) => {
    const decoder = decoderOf()
    expect(decode(decoder, first)).toEqual(common)
    expect(decoder.tableBytes).toBe(57)
    expect(decode(decoder, second)).toEqual([...common, 'cache-control: no-cache'])
    expect(decoder.tableBytes).toBe(110)
    expect(decode(decoder, third)).toEqual([
      ':method: GET',
      ':scheme: https',
      ':path: /index.html',
      ':authority: www.example.com',
      'custom-key: custom-value',
    ])
    expect(decoder.tableBytes).toBe(164)
  })

  it('C.6, responses that evict from a table of 256 octets', () => {
    const decoder = decoderOf({ tableBytes: 256 })
    decode(
      decoder,
      '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
    )
    expect(decoder.tableBytes).toBe(222)
    expect(decode(decoder, '4883640effc1c0bf')).toEqual([
      ':status: 307',
      'cache-control: private',
      'date: Mon, 21 Oct 2013 20:13:21 GMT',
      'location: https://www.example.com',
    ])
    expect(decoder.tableBytes).toBe(222)
  })
})

describe('the tables', () => {
  it('has 61 static lines, in their places', () => {
    expect(staticTable).toHaveLength(61)
    expect(staticTable[60]?.name).toBe('www-authenticate')
    expect(staticLineIndex(':status', '304')).toBe(11)
    expect(staticLineIndex(':status', '999')).toBeUndefined()
  })

  it('a line larger than the table empties it', () => {
    const decoder = decoderOf({ tableBytes: 64 })
    decode(decoder, '4001610162')
    expect(decoder.tableBytes).toBe(34)
    decode(decoder, `400161${(64).toString(16)}${'62'.repeat(64)}`)
    expect(decoder.tableBytes).toBe(0)
  })

  it('stays in step when a block is too large to be kept', () => {
    const decoder = decoderOf({ lines: 1 })
    expect(decoder.decode(Buffer.from('82400161016240016301 64'.replaceAll(' ', ''), 'hex')).isTooLarge).toBe(true)
    expect(decode(decoder, 'be')).toEqual(['c: d'])
    expect(decode(decoder, 'bf')).toEqual(['a: b'])
  })

  it('counts what is repeated by index', () => {
    const decoder = decoderOf({ listBytes: 16_384, lines: 10_000 })
    decode(decoder, `4001617f811e${'62'.repeat(3968)}`)
    const { lines, isTooLarge } = decoder.decode(Buffer.alloc(10_000, 0xbe))
    expect(isTooLarge).toBe(true)
    expect(lines).toHaveLength(4)
  })
})

const latin1 = string({ unit: integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) })

const outcomeOf = (source: Buffer, start: number, end: number): unknown => {
  try {
    return decoderOf()
      .decode(source, start, end)
      .lines.map(({ name, value }) => [name, value])
  } catch (error) {
    return (error as HpackError).message
  }
}

describe('properties', () => {
  it('Huffman brings back what it was given', () => {
    assert(
      property(latin1, (text) => {
        const encoded = Buffer.alloc(huffmanLength(text))
        expect(encodeHuffman(text, encoded, 0)).toBe(encoded.length)
        const decoded = Buffer.alloc(maxDecodedLength(encoded.length))
        const length = decodeHuffman(encoded, 0, encoded.length, decoded)
        expect(decoded.toString('latin1', 0, length)).toBe(text)
      }),
    )
  })

  const anyName = stringMatching(/^[a-z0-9!#$%&'*+.^_`|~-]{1,20}$/)
  const anyValue = stringMatching(/^[\t\u0020-\u007E\u0080-\u00FF]{0,300}$/)

  it('a decoder reads what the encoder wrote, and keeps nothing of it', () => {
    const target = Buffer.alloc(65_536)
    assert(
      property(array(tuple(anyName, anyValue), { maxLength: 20 }), (lines) => {
        const decoder = decoderOf()
        let end = encodeStatus(200, target, 0)
        for (const [lineName, lineValue] of lines) {
          const start = end
          end = encodeLine(lineName, lineValue, target, start)
          expect(end - start).toBeLessThanOrEqual(maxEncodedLength(lineName, lineValue))
        }
        const decoded = decoder.decode(target.subarray(0, end)).lines
        expect(decoded.map((line) => [line.name, line.value])).toEqual([[':status', '200'], ...lines])
        expect(decoder.tableBytes).toBe(0)
      }),
    )
  })

  it('whatever the octets, the decoder decodes them or says that it cannot', () => {
    assert(
      property(uint8Array({ maxLength: 200 }), (octets) => {
        const decoder = decoderOf({ tableBytes: 256, listBytes: 1000, lines: 10 })
        let outcome: unknown
        try {
          outcome = decoder.decode(Buffer.from(octets)).lines.length <= 10
        } catch (error) {
          outcome = error instanceof HpackError
        }
        expect(outcome).toBe(true)
        expect(decoder.tableBytes).toBeLessThanOrEqual(256)
      }),
      { numRuns: 1000 },
    )
  })

  it('what stands around a block in what was read is no part of it', () => {
    // Few values, so that many a block is broken off in the middle of a number or a string.
    const octets = array(constantFrom(0x00, 0x02, 0x20, 0x3f, 0x40, 0x61, 0x7f, 0x80, 0x82, 0xff), { maxLength: 8 })
    assert(
      property(octets, octets, octets, (before, block, after) => {
        const source = Buffer.from([...before, ...block, ...after])
        const expected = outcomeOf(Buffer.from(block), 0, block.length)
        expect(outcomeOf(source, before.length, before.length + block.length)).toEqual(expected)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('the encoder', () => {
  it.each([
    ['a value that ends a line', 'a', 'b\r\nc: d'],
    ['a value beyond Latin-1', 'a', '\u20AC'],
    ['a name in upper case', 'A', 'b'],
  ])('refuses %s', (_what, name, value) => {
    expect(() => encodeLine(name, value, Buffer.alloc(100), 0)).toThrow(TypeError)
  })

  it('lets no table on the way keep a cookie', () => {
    const target = Buffer.alloc(100)
    encodeLine('set-cookie', 'a=1', target, 0)
    expect((target[0] ?? 0) & 0xf0).toBe(0x10)
  })

  it('goes on when a field has more values than are worth keeping', () => {
    const target = Buffer.alloc(100)
    for (let i = 0; i < 500; i += 1) {
      const end = encodeLine('x-many', `value ${i}`, target, 0)
      expect(decoderOf().decode(target.subarray(0, end)).lines[0]?.value).toBe(`value ${i}`)
    }
  })
})
