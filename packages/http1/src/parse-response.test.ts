import { describe, expect, it } from 'vitest'
import { isInterim, parseResponseHead, responseBodyFraming } from './parse-response.ts'

const parse = (text: string) => parseResponseHead(text, 100)

describe('the head of a response', () => {
  it('is status line and fields', () => {
    const head = parse('HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nX-Odd-Name:  a b\t\r\n')
    expect(head).toMatchObject({ version: '1.1', status: 404, reason: 'Not Found', isPersistent: true })
    expect(head.fields.flat).toEqual(['content-type', 'text/plain', 'x-odd-name', 'a b'])
    expect(parse('HTTP/1.0 200 \r\n')).toMatchObject({ version: '1.0', reason: '', isPersistent: false })
    expect(parse('HTTP/1.1 200\r\n').status).toBe(200)
    expect(parse('HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n').isPersistent).toBe(true)
    for (const [reason, status] of [
      ['OK', 200],
      ['OK', 200],
      ['OKAY', 200],
      ['O', 200],
      ['OK', 201],
    ] as const) {
      expect(parse(`HTTP/1.1 ${status} ${reason}\r\n`)).toMatchObject({ status, reason, version: '1.1' })
    }
    expect(parse('HTTP/1.1 200 OK\r\nConnection: Close\r\n').isPersistent).toBe(false)
  })

  it.each([
    'HTTP/2 200 OK\r\n',
    'HTTP/1.1  200 OK\r\n',
    'HTTP/1.1 20 OK\r\n',
    'HTTP/1.1 099 No\r\n',
    'HTTP/1.1 2000 OK\r\n',
    'HTTP/1.1 200OK\r\n',
    'http/1.1 200 OK\r\n',
    'ICY 200 OK\r\n',
    'HTTP/1.1 200 O\0K\r\n',
    'HTTP/1.1 200 O\nK\r\n',
    'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n',
    'HTTP/1.1 200 OK\r\nA : b\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: a, chunked\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: a\r\nTransfer-Encoding: chunked\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: a\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: a\r\nContent-Length: 5\r\n',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: a\r\n',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n',
  ])('is refused as the next hop’s fault: %j', (text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'UPSTREAM_INVALID' }))
  })
})

const framingOf = (line: string, fields = '', method = 'GET') =>
  responseBodyFraming(method, parse(`HTTP/1.1 ${line}\r\n${fields}`))

describe('the length of its body', () => {
  it('follows RFC 9112 §6.3', () => {
    const five = 'Content-Length: 5\r\n'
    expect(framingOf('200 OK', five)).toEqual({ kind: 'length', bytes: 5 })
    expect(framingOf('200 OK', 'Content-Length: 0\r\n')).toEqual({ kind: 'none' })
    expect(framingOf('200 OK', 'Transfer-Encoding: Chunked\r\n')).toEqual({ kind: 'chunked' })
    expect(framingOf('200 OK')).toEqual({ kind: 'close' })
    expect(framingOf('200 OK', 'Transfer-Encoding: nobodys\r\n')).toEqual({ kind: 'close' })
    expect(parse('HTTP/1.1 200 OK\r\nTransfer-Encoding: nobodys\r\n').isPersistent).toBe(false)
    expect(framingOf('200 OK', five, 'HEAD')).toEqual({ kind: 'none' })
    for (const status of [100, 103, 204, 304]) expect(framingOf(`${status} X`, five)).toEqual({ kind: 'none' })
  })

  it('tells interim responses from final ones', () => {
    const statuses = [100, 101, 102, 103, 200]
    expect(statuses.filter((status) => isInterim(parse(`HTTP/1.1 ${status} X\r\n`)))).toEqual([100, 102, 103])
  })
})
