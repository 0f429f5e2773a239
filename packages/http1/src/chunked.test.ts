import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ChunkedDecoder, chunkedEnd, chunkStart } from './chunked.ts'

/** Feeds octets cut at the given places; says what came of it. */
const decode = (octets: Buffer, cuts: readonly number[] = []): { content: string; isDone: boolean; rest: string } => {
  const decoder = new ChunkedDecoder('request')
  let content = ''
  const places = [0, ...cuts.filter((cut) => cut > 0 && cut < octets.length), octets.length].toSorted((a, b) => a - b)
  for (const [at, start] of places.slice(0, -1).entries()) {
    const piece = octets.subarray(start, places[at + 1])
    if (decoder.push(piece, 0, (part) => (content += part.toString('latin1')))) {
      return { content, isDone: true, rest: octets.toString('latin1', start + decoder.next) }
    }
  }
  return { content, isDone: false, rest: '' }
}

const verdict = (octets: Buffer, cuts: readonly number[]): unknown => {
  try {
    return decode(octets, cuts)
  } catch {
    return 'refused'
  }
}

const encode = (parts: readonly string[]): string =>
  `${parts.map((part, at) => `${chunkStart(part.length, at === 0)}${part}`).join('')}${chunkedEnd(parts.length === 0)}`

describe('chunks', () => {
  it('are decoded as they were encoded, wherever they are cut, and what stands behind is left alone', () => {
    const parts = fc.array(fc.string({ minLength: 1, unit: 'binary-ascii' }))
    const cuts = fc.array(fc.nat(300))
    fc.assert(
      fc.property(parts, cuts, (given, places) => {
        const octets = Buffer.from(`${encode(given)}GET / HTTP`, 'latin1')
        expect(decode(octets, places)).toEqual({ content: given.join(''), isDone: true, rest: 'GET / HTTP' })
      }),
      { seed: 9112 },
    )
  })

  it('may be announced with extensions and followed by trailers, which are dropped', () => {
    const octets = Buffer.from('00A;a;b=c;d="e\\";f"\r\n0123456789\r\n0;x\r\nX-One: 1\r\nx-two:\r\n\r\nrest')
    expect(decode(octets)).toEqual({ content: '0123456789', isDone: true, rest: 'rest' })
    for (let cut = 1; cut < octets.length; cut++) expect(decode(octets, [cut]).content).toBe('0123456789')
  })

  it('are not complete before the last line', () => {
    const whole = '3\r\nabc\r\n0\r\n\r\n'
    for (let end = 0; end < whole.length; end++) expect(decode(Buffer.from(whole.slice(0, end))).isDone).toBe(false)
  })

  it('are refused or accepted alike, wherever they are cut', () => {
    const alphabet = fc.constantFrom('0', '1', 'a', ';', '=', '"', '\r\n', '\r\n', '\r', '\n', ' ', ':', 'x')
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 24 }), fc.array(fc.nat(24)), (pieces, cuts) => {
        const octets = Buffer.from(pieces.join(''))
        expect(verdict(octets, cuts)).toEqual(verdict(octets, []))
      }),
      { seed: 9112, numRuns: 2000 },
    )
  })

  it('fail as the next hop’s when it sent them', () => {
    const decoder = new ChunkedDecoder('response')
    expect(() => decoder.push(Buffer.from('xyz\r\n'), 0, () => undefined)).toThrow(
      expect.objectContaining({ code: 'UPSTREAM_INVALID' }),
    )
  })
})
