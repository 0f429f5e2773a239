import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { HeadReader } from './head-reader.ts'
import { parseRequestHead } from './parse-request.ts'
import { parseResponseHead } from './parse-response.ts'

const limits = { maxLineBytes: 64, maxHeaderBytes: 128, maxHeaderCount: 4 }
const reader = () => new HeadReader('request', parseRequestHead, limits)
const head = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n'

/** What comes of a head that is cut at the given places. */
const verdict = (text: string, cuts: readonly number[]): string => {
  const read = reader()
  const places = [0, ...cuts.filter((cut) => cut > 0 && cut < text.length), text.length].toSorted((a, b) => a - b)
  try {
    for (const [at, start] of places.slice(0, -1).entries()) {
      if (read.push(Buffer.from(text.slice(start, places[at + 1]), 'latin1')) !== undefined) return 'taken'
    }
    return 'partial'
  } catch (error) {
    return String((error as { code: unknown }).code)
  }
}

describe('the end of a head', () => {
  it('is found in one chunk, and what stands behind it is left alone', () => {
    const read = reader()
    const chunk = Buffer.from(`${head}${head}rest`)
    expect(read.push(chunk)?.target).toBe('/a')
    expect(read.next).toBe(head.length)
    expect(read.push(chunk, read.next)?.target).toBe('/a')
    expect(chunk.subarray(read.next).toString()).toBe('rest')
  })

  it.each([
    ['as long as the one before', 'HTTP/1.1 200 OK\r\nA: one\r\n\r\n', '\0 content'],
    ['shorter, where content looks like its end', 'HTTP/1.1 200 OK\r\n\r\n', 'A\0:x\r\n\r\n and more'],
    ['longer', 'HTTP/1.1 200 OK\r\nA: one\r\nB: two\r\n\r\n', '\0 content'],
  ])('is found where a head is %s', (_how, second, content) => {
    const read = new HeadReader('response', parseResponseHead)
    read.push(Buffer.from('HTTP/1.1 200 OK\r\nA: one\r\n\r\n'))
    const chunk = Buffer.from(second + content)
    expect(read.push(chunk)?.fields.has('a')).toBe(second.includes('A:'))
    expect(chunk.subarray(read.next).toString()).toBe(content)
  })

  it('is found wherever the chunks are cut', () => {
    for (let cut = 1; cut < head.length; cut++) {
      const read = reader()
      expect(read.push(Buffer.from(head.slice(0, cut)))).toBeUndefined()
      expect(read.isPartial).toBe(true)
      const rest = Buffer.from(`${head.slice(cut)}rest`)
      expect(read.push(rest)?.authority).toBe('a')
      expect(rest.subarray(read.next).toString()).toBe('rest')
      expect(read.isPartial).toBe(false)
    }
  })

  it('is found octet by octet, behind one empty line', () => {
    const read = reader()
    const octets = Buffer.from(`\r\n${head}`)
    const heads = Array.from(octets, (_octet, at) => read.push(octets.subarray(at, at + 1)))
    expect(heads.filter((found) => found !== undefined)).toHaveLength(1)
    expect(heads.at(-1)?.target).toBe('/a')
  })

  it('is found behind the empty line that follows each request', () => {
    const read = reader()
    for (const octets of [`\r\n${head}`, '\r\n', head, '\r\n', head]) read.push(Buffer.from(octets))
    expect(read.push(Buffer.from(`\r\n${head}`))?.target).toBe('/a')
  })

  it('is found in a long head', () => {
    const read = new HeadReader('request', parseRequestHead)
    const long = `GET /${'a'.repeat(5000)} HTTP/1.1\r\nHost: a\r\nX: ${'b'.repeat(10_000)}\r\n\r\n`
    const chunk = Buffer.from(`${long}rest`)
    expect(read.push(chunk)?.target).toHaveLength(5001)
    expect(read.next).toBe(long.length)
  })

  it('leaves no head begun by an empty line alone', () => {
    const read = reader()
    expect(read.push(Buffer.from('\r\n'))).toBeUndefined()
    expect(read.isPartial).toBe(false)
    expect(() => read.push(Buffer.from('\r\n'))).toThrow('bare CR or LF')
  })
})

describe('a head that cannot become valid', () => {
  it.each([
    ['a bare LF', 'GET / HTTP/1.1\nHost: a\n\n'],
    ['a bare CR', 'GET / HTTP/1.1\rHost'],
    ['an LF at the very start', '\nGET / HTTP/1.1\r\n'],
    ['two empty lines', '\r\n\r\nGET / HTTP/1.1\r\n'],
    ['a TLS handshake', '\u0016\u0003\u0001\u0002\u0000'],
    ['a NUL', 'GET /\0'],
  ])('is refused before its end: %s', (_what, octets) => {
    expect(() => reader().push(Buffer.from(octets))).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
  })
})

const lineOf = (bytes: number) => `GET /${'a'.repeat(bytes - 'GET / HTTP/1.1'.length)} HTTP/1.1`
const codeOf = (octets: string, pieceBytes = octets.length): string => {
  const read = reader()
  try {
    for (let at = 0; at < octets.length; at += pieceBytes) read.push(Buffer.from(octets.slice(at, at + pieceBytes)))
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'accepted'
}

describe('limits', () => {
  it.each([
    ['whole', undefined],
    ['octet by octet', 1],
    ['in pieces', 7],
  ])('hold for a head that comes %s', (_how, pieceBytes) => {
    expect(codeOf(`${lineOf(64)}\r\nHost: a\r\n\r\n`, pieceBytes)).toBe('accepted')
    expect(codeOf(`${lineOf(65)}\r\nHost: a\r\n\r\n`, pieceBytes)).toBe('URI_TOO_LONG')
    expect(codeOf('a'.repeat(10_000), pieceBytes)).toBe('URI_TOO_LONG')
    expect(codeOf(`${lineOf(20)}\r\nHost: a\r\nX: ${'b'.repeat(110)}\r\n\r\n`, pieceBytes)).toBe('accepted')
    expect(codeOf(`${lineOf(20)}\r\nHost: a\r\nX: ${'b'.repeat(120)}\r\n\r\n`, pieceBytes)).toBe('HEADERS_TOO_LARGE')
    expect(codeOf(`${lineOf(20)}\r\nX: ${'b'.repeat(10_000)}`, pieceBytes)).toBe('HEADERS_TOO_LARGE')
    expect(codeOf(`${lineOf(20)}\r\nHost: a\r\n${'a: b\r\n'.repeat(3)}\r\n`, pieceBytes)).toBe('accepted')
    expect(codeOf(`${lineOf(20)}\r\nHost: a\r\n${'a: b\r\n'.repeat(4)}\r\n`, pieceBytes)).toBe('HEADERS_TOO_LARGE')
  })
})

describe('a head that comes slowly', () => {
  it('is not searched again from its beginning with every octet', () => {
    const octets = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'b'.repeat(5000)}\r\n\r\n`)
    let searchedOctets = 0
    const search = vi.spyOn(RegExp.prototype, 'test').mockImplementation(function count(this: RegExp, text) {
      searchedOctets += text.length - this.lastIndex
      return this.exec(text) !== null
    })
    const read = new HeadReader('request', parseRequestHead)
    const found = Array.from(octets, (_octet, at) => read.push(octets.subarray(at, at + 1))).at(-1)
    search.mockRestore()
    expect(found).toBeDefined()
    expect(searchedOctets).toBeLessThan(3 * octets.length)
  })

  it('is refused or taken alike, wherever it is cut', () => {
    const piece = fc.constantFrom('GET / HTTP/1.1', 'Host: a', '\r\n', '\r\n', '\r', '\n', 'X: b', '\0', 'y'.repeat(60))
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), fc.array(fc.nat(200)), (pieces, cuts) => {
        const text = `${pieces.join('')}\r\n\r\n`
        const whole = verdict(text, [])
        const octetwise = verdict(
          text,
          Array.from(text, (_octet, at) => at),
        )
        expect([verdict(text, cuts) === 'taken', octetwise === 'taken']).toEqual([whole === 'taken', whole === 'taken'])
      }),
      { seed: 9112, numRuns: 2000 },
    )
  })
})
