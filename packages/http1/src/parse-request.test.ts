import { once } from 'node:events'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HeadReader } from './head-reader.ts'
import { parseRequestHead, type RequestHead } from './parse-request.ts'
import { connectRaw, readAll, serveForTest, testResponse } from './testing.ts'

const parse = (text: string) => parseRequestHead(text, 100)

const headOf = (fields: string, version = '1.1') => parse(`POST / HTTP/${version}\r\nHost: a\r\n${fields}\r\n`)

describe('the head of a request', () => {
  it('has names in lower case, values without the whitespace around them, and no Host', () => {
    const head = parse('GET / HTTP/1.1\r\nUser-Agent:x\r\nHOST:  A:80 \r\nX-Odd-Name:\t a  b \t\r\nx-empty:\r\n')
    expect(head.fields.flat).toEqual(['user-agent', 'x', 'x-odd-name', 'a  b', 'x-empty', ''])
    expect(head).toMatchObject({ authority: 'a:80', version: '1.1', isPersistent: true, expectsContinue: false })
  })

  it('has nothing that Connection says is for this hop only, but what nobody may take away', () => {
    const head = headOf(
      'Connection: close, Accept-Language\r\nAccept-Language: de\r\nX: 1\r\nConnection: cookie\r\nCookie: a',
    )
    expect(head.fields.flat).toEqual(['x', '1', 'cookie', 'a'])
    expect(head.isPersistent).toBe(false)
    expect(headOf('Connection: keep-alive\r\nX: 1').fields.flat).toEqual(['connection', 'keep-alive', 'x', '1'])
  })

  it.each(['X_Forwarded_For: 10.0.0.1', 'Client_Cert: :AA==:', 'x-forwarded_proto: https'])(
    'is refused for a name that could be taken for one which next hops believe: %s',
    (line) => {
      expect(() => headOf(line)).toThrow(/could be taken for/)
    },
  )

  it('may have other names with underscores', () => {
    expect(headOf('x_own: 1').fields.flat).toEqual(['x_own', '1'])
  })

  it('says how long the body is and what becomes of the connection', () => {
    expect(headOf('Content-Length: 5')).toMatchObject({ contentLength: 5, isChunked: false })
    expect(headOf('transfer-encoding: Chunked')).toMatchObject({ contentLength: undefined, isChunked: true })
    expect(headOf('Connection: Keep-Alive, Close').isPersistent).toBe(false)
    expect(headOf('Connection: x', '1.0').isPersistent).toBe(false)
    expect(headOf('Connection: Keep-Alive', '1.0').isPersistent).toBe(true)
    expect(headOf('Expect: 100-Continue').expectsContinue).toBe(true)
    expect(headOf('Expect: 100-continue', '1.0').expectsContinue).toBe(false)
  })
})

/** What anybody could take a head to mean, written in the one way that leaves no doubt. */
const serialize = ({ method, target, authority, version, fields }: RequestHead): string =>
  `${method} ${target} HTTP/${version}\r\nhost: ${authority}\r\n${[...fields].map((field) => `${field.join(': ')}\r\n`).join('')}`

/** A head, its lines mostly right: what is refused at once would show little. */
const heads = fc
  .record({
    line: fc.constantFrom('GET / HTTP/1.1', 'POST /a?b HTTP/1.0', 'GET http://a/b HTTP/1.1', 'GET  / HTTP/1.1'),
    host: fc.constantFrom('Host: a', 'host:a', 'Host: b', 'Host : a'),
    fields: fc.array(
      fc.oneof(
        fc.constantFrom('Content-Length: 5', 'Content-Length: 0', 'Transfer-Encoding: chunked', 'Connection: close'),
        fc.constantFrom('X: y', ' folded', 'X', ': y', 'X: y\rz', 'X: y\nz', 'X:\ty ', 'Expect: 100-continue'),
        fc
          .tuple(fc.string({ unit: 'binary-ascii', maxLength: 4 }), fc.string({ maxLength: 4 }))
          .map((pair) => pair.join(':')),
      ),
      { maxLength: 4 },
    ),
  })
  .map(({ line, host, fields }) => `${[line, host, ...fields].join('\r\n')}\r\n\r\n`)

const verdict = (octets: Buffer, cuts: readonly number[]): { head: RequestHead | undefined; rest: string } | string => {
  const read = new HeadReader('request', parseRequestHead)
  const places = [0, ...cuts.filter((cut) => cut > 0 && cut < octets.length), octets.length].toSorted((a, b) => a - b)
  try {
    for (const [at, start] of places.slice(0, -1).entries()) {
      const head = read.push(octets.subarray(start, places[at + 1]))
      if (head !== undefined) return { head, rest: octets.toString('latin1', start + read.next) }
    }
  } catch {
    return 'refused'
  }
  return 'incomplete'
}

describe('whatever octets come', () => {
  it('mean the same wherever they are cut', () => {
    const bytes = fc.string({ unit: 'binary-ascii' }).map((text) => `GET / HTTP/1.1\r\nHost: a\r\n${text}\r\n\r\n`)
    fc.assert(
      fc.property(fc.oneof(heads, bytes), fc.array(fc.nat(80)), (text, cuts) => {
        const octets = Buffer.from(`${text}rest`, 'latin1')
        expect(verdict(octets, cuts)).toEqual(verdict(octets, []))
      }),
      { seed: 9112, numRuns: 3000 },
    )
  })

  it('have one meaning when they are accepted', () => {
    let accepted = 0
    fc.assert(
      fc.property(heads, (text) => {
        const found = verdict(Buffer.from(text, 'latin1'), [])
        if (typeof found === 'string' || found.head === undefined) return
        accepted++
        const again = parse(serialize(found.head))
        expect({ ...again, scheme: undefined }).toEqual({ ...found.head, scheme: undefined })
        expect(serialize(again)).toBe(serialize(found.head))
      }),
      { seed: 9112, numRuns: 3000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })

  it('are answered by a server that lives on', async () => {
    const served = await serveForTest(async () => testResponse())
    const garbage = fc.oneof(heads, fc.string({ unit: 'binary-ascii', minLength: 1 }))
    for (const octets of fc.sample(garbage, { seed: 9112, numRuns: 200 })) {
      const socket = await connectRaw(served)
      socket.resume()
      socket.end(octets, 'latin1')
      await once(socket, 'close')
    }
    const socket = await connectRaw(served)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 [^]*ok$/)
    expect(served.log.lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})
