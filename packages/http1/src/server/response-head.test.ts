import { Fields } from '@roundtrip/http'
import { expect, it } from 'vitest'
import { testResponse } from '../testing.ts'
import { frameResponse, serializeHead, textOf } from './response-head.ts'

const request = { method: 'GET', version: '1.1' } as const
const usual = ['content-type', 'text/plain', 'date', 'today', 'content-length', '9', 'etag', '"1"', 'age', '1']

const headOf = (flat: readonly string[], status = 200): string => {
  const response = testResponse({ status, fields: Fields.adopt([...flat]), body: '' })
  const head = serializeHead(response, frameResponse(request, response), '')
  expect(head.beginning.octets.toString('latin1')).toBe(head.beginning.text)
  return textOf(head)
}

const linesOf = (flat: readonly string[]): string => {
  const lines: string[] = []
  for (let i = 0; i < flat.length; i += 2)
    if (flat[i] !== 'content-length') lines.push(`${flat[i]}: ${flat[i + 1]}\r\n`)
  return lines.join('')
}

const expected = (flat: readonly string[]): string => `HTTP/1.1 200 OK\r\n${linesOf(flat)}content-length: 0\r\n\r\n`

/** More than it takes until what they say alike is known. */
const sayOften = (): void => {
  for (let i = 0; i < 600; i++) headOf([...usual, 'x-request-id', String(i)])
}

it('writes what a response says, however often others have said something like it', () => {
  sayOften()
  expect(headOf(usual)).toBe(expected(usual))
  for (let end = 4; end <= usual.length; end += 2) {
    expect(headOf(usual.slice(0, end))).toBe(expected(usual.slice(0, end)))
  }
  for (let place = 0; place < usual.length; place++) {
    if (usual[place] === 'date' || usual[place] === 'content-length') continue
    const other = usual.with(place, 'other')
    expect(headOf(other)).toBe(expected(other))
  }
  expect(headOf(usual, 404)).toBe(expected(usual).replace('200 OK', '404 Not Found'))
})

it('refuses what cannot be sent, however often something like it was sent', () => {
  sayOften()
  for (let place = 0; place < usual.length; place++) {
    if (place === 5) continue
    expect(() => headOf(usual.with(place, 'a\r\nb: c'))).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
  }
  for (let i = 0; i < 600; i++)
    expect(() => headOf([...usual, 'x-bad', 'a\r\nb: c'])).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
})
