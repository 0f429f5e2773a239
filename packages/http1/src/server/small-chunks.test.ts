import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { chunkedEnd, chunkStart } from '../chunked.ts'
import { parseRequestHead } from '../parse-request.ts'
import { exchangeRaw, serveForTest, testResponse } from '../testing.ts'
import { RequestBody } from './request-body.ts'

const post = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
const encode = (parts: readonly string[]): string =>
  `${parts.map((part, at) => `${chunkStart(part.length, at === 0)}${part}`).join('')}${chunkedEnd(false)}`

/** The pieces in which content is handed on when it arrives in reads of this size. */
const piecesOf = (coded: string, readBytes: number): { pieces: string[]; rest: string } => {
  const body = new RequestBody(parseRequestHead(post, 10), () => undefined)
  const pieces: string[] = []
  let rest = ''
  body.push = (piece: Buffer | null) => {
    if (piece !== null) pieces.push(piece.toString('latin1'))
    return true
  }
  for (let at = 0; at < coded.length; at += readBytes) {
    const read = Buffer.from(`before${coded.slice(at, at + readBytes)}`, 'latin1')
    if (body.feed(read, 6)) rest = read.toString('latin1', body.next)
  }
  return { pieces, rest }
}

const octets = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, n) => String.fromCharCode(65 + ((from + n) % 26)))

it('small chunks that arrive in one read are handed on in one piece', () => {
  const parts = octets(10_000)
  const { pieces, rest } = piecesOf(`${encode(parts)}GET`, 65_536)
  expect(pieces).toEqual([parts.join('')])
  expect(rest).toBe('GET')
})

it('large chunks are handed on as they are, with the small ones around them in their places', () => {
  const [before, large, between, after] = [octets(9), 'x'.repeat(5000), octets(5, 9), octets(7, 14)]
  const parts = [...before, large, ...between, large, large, ...after]
  for (const readBytes of [1, 7, 100, 4999, 65_536]) {
    expect(piecesOf(encode(parts), readBytes).pieces.join('')).toBe(parts.join(''))
  }
  expect(piecesOf(encode(parts), 65_536).pieces).toEqual([
    before.join(''),
    large,
    between.join(''),
    large,
    large,
    after.join(''),
  ])
})

it('more framing than content is taken up to a bound', async () => {
  const served = await serveForTest(async ({ body }) =>
    testResponse({ body: String(body === undefined ? 0 : (await text(body)).length) }),
  )
  const ask = (parts: readonly string[]): Promise<string> =>
    exchangeRaw(served, `${post.replace('Host', 'Connection: close\r\nHost')}${encode(parts)}`)
  // Four octets more than content each: 64 KiB of them.
  expect(await ask(octets(16_000))).toMatch(/^HTTP\/1.1 200 [^]*16000$/)
  expect(await ask(octets(17_000))).toMatch(/^HTTP\/1.1 400 /)
  const paid = octets(40_000).map((octet, at) => (at % 100 === 0 ? octet.repeat(500) : octet))
  expect(await ask(paid)).toMatch(/^HTTP\/1.1 200 /)
})
