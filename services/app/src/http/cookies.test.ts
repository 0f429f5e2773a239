/** Cookies as browsers send them, and as this tier sets them. */
import Fastify, { type FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { readCookie, writeCookie } from './cookies.ts'

const requestWith = (cookie?: string) => ({ headers: { ...(cookie !== undefined && { cookie }) } }) as FastifyRequest

test.each([
  ['none at all', undefined, undefined],
  ['the only one', 'a=1', '1'],
  ['one among others', 'b=2; a=1; c=3', '1'],
  ['the first of two', 'a=1; a=2', '1'],
  ['an empty one', 'a=', ''],
  ['one with = in its value', 'a=b=c', 'b=c'],
  ['without blanks', 'b=2;a=1', '1'],
  ['no other whose name ends alike', 'ba=2', undefined],
  ['no text without =', 'a', undefined],
  ['no name that only begins alike', 'ab=1', undefined],
])('reads %s', (_, cookie, value) => {
  expect(readCookie(requestWith(cookie), 'a')).toBe(value)
})

const setCookiesOf = async (write: (reply: Parameters<typeof writeCookie>[0]) => void) => {
  const app = Fastify()
  app.get('/', async (_, reply) => {
    write(reply)
    return 'ok'
  })
  const { statusCode, headers } = await app.inject({ url: '/' })
  return { statusCode, lines: headers['set-cookie'] }
}

test('sets cookies for this host only, each on a line of its own', async () => {
  const { lines } = await setCookiesOf((reply) => {
    writeCookie(reply, '__Host-a', { value: '1', maxAgeSeconds: 60 })
    writeCookie(reply, '__Host-b', { value: '2', sameSite: 'Strict' })
  })
  expect(lines).toEqual([
    '__Host-a=1; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60',
    '__Host-b=2; Path=/; Secure; HttpOnly; SameSite=Strict',
  ])
})

test.each(['a b', 'a;b', 'a,b', 'a"b', 'a\\b', 'a\r\nb', 'ä'])('refuses the value %j', async (value) => {
  expect(await setCookiesOf((reply) => writeCookie(reply, '__Host-a', { value }))).toMatchObject({ statusCode: 500 })
})
