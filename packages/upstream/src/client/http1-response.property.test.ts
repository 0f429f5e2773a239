import type { Fields } from '@roundtrip/http'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Http1Response } from './http1-response.ts'

/** One response as it stands on the wire, and what it says. */
interface Said {
  readonly wire: Buffer
  readonly status: number
  readonly content: Buffer
  readonly method: string
}

const content = fc.uint8Array({ maxLength: 5000 }).map((octets) => Buffer.from(octets))

const inChunks = (octets: Buffer, sizes: readonly number[]): Buffer => {
  const parts: Buffer[] = []
  let at = 0
  for (const size of sizes) {
    const part = octets.subarray(at, at + size)
    if (part.length > 0) parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
    at += size
  }
  const rest = octets.subarray(at)
  if (rest.length > 0) parts.push(Buffer.from(`${rest.length.toString(16)};ext=1\r\n`), rest, Buffer.from('\r\n'))
  return Buffer.concat([...parts, Buffer.from('0\r\nx-trailer: 1\r\n\r\n')])
}

const interim = fc.constantFrom('', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')

const withLength = fc.tuple(interim, content).map(([before, octets]): Said => ({
  wire: Buffer.concat([Buffer.from(`${before}HTTP/1.1 200 OK\r\nContent-Length: ${octets.length}\r\n\r\n`), octets]),
  status: 200,
  content: octets,
  method: 'GET',
}))

const chunked = fc
  .tuple(interim, content, fc.array(fc.integer({ min: 1, max: 2000 }), { maxLength: 6 }))
  .map(([before, octets, sizes]): Said => ({
    wire: Buffer.concat([
      Buffer.from(`${before}HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n`),
      inChunks(octets, sizes),
    ]),
    status: 404,
    content: octets,
    method: 'GET',
  }))

const bare = fc.constantFrom<Said>(
  { wire: Buffer.from('HTTP/1.1 204 No Content\r\n\r\n'), status: 204, content: Buffer.alloc(0), method: 'GET' },
  {
    wire: Buffer.from('HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n'),
    status: 304,
    content: Buffer.alloc(0),
    method: 'GET',
  },
  {
    wire: Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n'),
    status: 200,
    content: Buffer.alloc(0),
    method: 'HEAD',
  },
)

const response = fc.oneof(withLength, chunked, bare)

/** What a reader makes of a wire that arrives in pieces, each of them overwritten once it has been read. */
const read = (method: string, wire: Buffer, cuts: readonly number[]) => {
  const seen = { status: 0, content: [] as Buffer[], ends: 0, rest: 0 }
  const note = (status: number, _fields: Fields): void => void (seen.status = status)
  const reader = new Http1Response(method, {
    informed: () => undefined,
    answered: (status, fields, whole) => {
      note(status, fields)
      if (whole !== undefined) seen.content.push(Buffer.from(whole))
      seen.ends++
    },
    begun: note,
    content: (octets) => void seen.content.push(Buffer.from(octets)),
    finished: () => void seen.ends++,
  })
  let at = 0
  for (const cut of [...cuts.map((share) => Math.floor(share * wire.length)).toSorted((a, b) => a - b), wire.length]) {
    const piece = Buffer.from(wire.subarray(at, cut))
    if (piece.length > 0) seen.rest += reader.read(piece)
    piece.fill(0x58)
    at = cut
  }
  return { ...seen, content: Buffer.concat(seen.content), isOver: reader.isOver }
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 })

describe('a response', () => {
  it('is the same however its octets arrive', () => {
    fc.assert(
      fc.property(response, cuts, ({ wire, status, content: octets, method }, where) => {
        const seen = read(method, wire, where)
        expect(seen).toMatchObject({ status, ends: 1, rest: 0, isOver: true })
        expect(seen.content.equals(octets)).toBe(true)
      }),
      { seed: 9112, numRuns: 500 },
    )
  })

  it('is not over before its last octet', () => {
    fc.assert(
      fc.property(response, cuts, fc.double({ min: 0, max: 0.999, noNaN: true }), ({ wire, method }, where, share) => {
        const { isOver, ends } = read(method, wire.subarray(0, Math.floor(share * wire.length)), where)
        expect([isOver, ends]).toEqual([false, 0])
      }),
      { seed: 9112, numRuns: 500 },
    )
  })

  it('takes nothing of what stands behind it', () => {
    fc.assert(
      fc.property(response, fc.uint8Array({ minLength: 1, maxLength: 50 }), cuts, (said, behind, where) => {
        const seen = read(said.method, Buffer.concat([said.wire, behind]), where)
        expect(seen).toMatchObject({ status: said.status, ends: 1, isOver: true, rest: behind.length })
        expect(seen.content.equals(said.content)).toBe(true)
      }),
      { seed: 9112, numRuns: 500 },
    )
  })
})
