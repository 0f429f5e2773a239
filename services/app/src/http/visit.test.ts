/** What a visitor's requests and responses carry from one to the next. */
import { Readable } from 'node:stream'
import { sessionPosition } from '@roundtrip/postgres'
import type { LightMyRequestResponse } from 'fastify'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { requestContext } from './request-context.ts'
import { createServer } from './server.ts'
import type { Audience } from './session-position.ts'
import { visitOf, visits } from './visit.ts'

const time = { nowMs: 1_000_000 }
const positions = sessionPosition({ secret: 'of this test', ttlMs: 60_000, clock: () => time.nowMs })
const lsn = (n: number): string => n.toString(16).toUpperCase().padStart(24, '0')

const positionIn = (text = ''): string | undefined => positions.verify(text)?.position

let ticks = 0
const app = createServer(1000, pino({ level: 'silent' }))
requestContext(app, () => ticks)
visits(app, { positions, requestTimeoutMs: 100, clock: () => ticks })
app.get<{ Querystring: { saw?: string } }>('/', async (request) => {
  if (request.query.saw !== undefined) visitOf(request).saw(lsn(Number(request.query.saw)))
  const { position = null, sharedPosition = null, deadlineMs } = visitOf(request)
  return { position, sharedPosition, deadlineMs }
})
app.post<{ Body: { writes: [number, Audience?][] } }>('/', async (request) => {
  for (const [n, audience] of request.body.writes) visitOf(request).wrote(lsn(n), audience)
  return {}
})

/** The head of a request is there, its content is not. */
const arrived = Promise.withResolvers<void>()
app.addHook('preParsing', async ({ method }) => {
  if (method === 'PUT') arrived.resolve()
})
app.put('/', async (request) => ({ deadlineMs: visitOf(request).deadlineMs }))

/** @returns what the response hands out: the field, and cookies by name */
const write = async (writes: [number, Audience?][], headers: Record<string, string> = {}) => {
  return handedOut(await app.inject({ method: 'POST', url: '/', body: { writes }, headers }))
}
const saw = async (n: number, headers: Record<string, string>) =>
  handedOut(await app.inject({ url: `/?saw=${n}`, headers }))
const handedOut = (response: LightMyRequestResponse) => {
  const lines = [response.headers['set-cookie'] ?? []].flat()
  const cookies = Object.fromEntries(lines.map((line) => line.split(';', 1)[0]?.split('=') ?? []))
  return { field: response.headers['x-session-position'] as string, cookies: cookies as Record<string, string>, lines }
}
const read = async (headers: Record<string, string>) =>
  (await app.inject({ url: '/', headers })).json<{ position: string | null; sharedPosition: string | null }>()
const asCookies = (cookies: Record<string, string>) => ({
  cookie: Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; '),
})

describe('what a visitor has written', () => {
  test('is seen by their next requests, by cookie and by field alike', async () => {
    const { field, cookies, lines } = await write([[7], [6]])
    const seen = { position: lsn(7), sharedPosition: lsn(7) }
    expect(await read(asCookies(cookies))).toMatchObject(seen)
    expect(await read({ 'x-session-position': field })).toMatchObject(seen)
    for (const line of lines) expect(line).toMatch(/^__Host-.*; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=60$/)
  })

  test('leads past shared caches only when others are shown it too', async () => {
    const { cookies } = await write([[7, 'visitor']])
    expect(Object.keys(cookies)).toEqual(['__Host-position'])
    expect(await read(asCookies(cookies))).toMatchObject({ position: lsn(7), sharedPosition: null })
  })

  test('is two things when only a part of it is shown to others', async () => {
    const { field, cookies } = await write([[7], [8, 'visitor']])
    expect(await read(asCookies(cookies))).toMatchObject({ position: lsn(8), sharedPosition: lsn(7) })
    expect(positionIn(field)).toBe(lsn(8))
  })

  test('is never handed out older than it came', async () => {
    const first = await write([[9]])
    const later = await write([[8]], asCookies(first.cookies))
    expect(await read(asCookies(later.cookies))).toMatchObject({ sharedPosition: lsn(9) })
    expect(positionIn(later.field)).toBe(lsn(9))
    const own = await write([[8, 'visitor']], { 'x-session-position': first.field })
    expect(positionIn(own.cookies['__Host-position'])).toBe(lsn(9))
  })

  test('is handed out when it has got further only', async () => {
    const { cookies } = await write([[9]])
    for (const url of ['/', '/?saw=9', '/?saw=8']) {
      const { headers } = await app.inject({ url, headers: asCookies(cookies) })
      expect(headers).not.toHaveProperty('set-cookie')
      expect(headers).not.toHaveProperty('x-session-position')
    }
  })

  test('counts for nothing when it is forged, or older than a minute', async () => {
    const nothing = { position: null, sharedPosition: null }
    const foreign = sessionPosition({ secret: 'another' }).sign(lsn(9))
    expect(await read({ 'x-session-position': foreign, cookie: `__Host-position=${lsn(9)}` })).toMatchObject(nothing)
    const { field } = await write([[9]])
    time.nowMs += 60_000
    expect(await read({ 'x-session-position': field })).toMatchObject(nothing)
  })
})

describe('what a visitor has read', () => {
  test('counts from then on, by cookie and by field alike', async () => {
    const { field, cookies } = await write([[7]])
    const seen = await saw(8, asCookies(cookies))
    expect(Object.keys(seen.cookies)).toEqual(['__Host-seen-position'])
    const both = { position: lsn(8), sharedPosition: lsn(8) }
    expect(await read(asCookies({ ...cookies, ...seen.cookies }))).toMatchObject(both)
    expect(await read({ 'x-session-position': (await saw(8, { 'x-session-position': field })).field })).toMatchObject(
      both,
    )
  })

  test('is nobody else to see: the answer is not to be stored', async () => {
    const { cookies } = await write([[7]])
    expect((await saw(8, asCookies(cookies))).lines).toEqual([
      expect.stringMatching(/^__Host-seen-position=.*; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=60$/),
    ])
  })

  test('does not prolong the time after a write', async () => {
    const { field, cookies } = await write([[7]])
    time.nowMs += 59_999
    const seen = await saw(8, { ...asCookies(cookies), 'x-session-position': field })
    const all = { ...asCookies({ ...cookies, ...seen.cookies }), 'x-session-position': seen.field }
    expect(await read(all)).toMatchObject({ position: lsn(8) })
    time.nowMs++
    expect(await read(all)).toMatchObject({ position: null, sharedPosition: null })
  })

  test('binds nobody who has written nothing', async () => {
    const seen = await saw(8, {})
    expect(seen).toMatchObject({ field: undefined, lines: [] })
    const { cookies } = await saw(8, asCookies((await write([[7]])).cookies))
    expect(await read(asCookies(cookies))).toMatchObject({ position: null, sharedPosition: null })
  })

  test('takes nobody off the shared caches who has a cart only', async () => {
    const { cookies } = await write([[7, 'visitor']])
    const seen = await saw(8, asCookies(cookies))
    expect(await read(asCookies({ ...cookies, ...seen.cookies }))).toMatchObject({
      position: lsn(8),
      sharedPosition: null,
    })
  })

  test('of the catalogue may lie before the latest change of the cart, and counts nevertheless', async () => {
    const { cookies } = await write([[5], [9, 'visitor']])
    const seen = await saw(7, asCookies(cookies))
    expect(await read(asCookies({ ...cookies, ...seen.cookies }))).toMatchObject({
      position: lsn(9),
      sharedPosition: lsn(7),
    })
    expect(positionIn(seen.field)).toBe(lsn(9))
  })

  test('takes nothing back of what was written meanwhile, whichever answer comes last', async () => {
    const { cookies } = await write([[5]])
    const slow = await saw(6, asCookies(cookies))
    const written = await write([[7]], asCookies(cookies))
    const kept = { ...cookies, ...written.cookies, ...slow.cookies }
    expect(await read(asCookies(kept))).toMatchObject({ position: lsn(7), sharedPosition: lsn(7) })
  })

  test('is part of what a write hands out', async () => {
    const { cookies } = await write([[5]])
    const seen = await saw(8, asCookies(cookies))
    const later = await write([[7]], asCookies({ ...cookies, ...seen.cookies }))
    expect(Object.keys(later.cookies)).toEqual(['__Host-position', '__Host-shared-position'])
    expect(await read(asCookies(later.cookies))).toMatchObject({ position: lsn(8), sharedPosition: lsn(8) })
  })
})

const deadlineOf = async (timeout?: string): Promise<number> => {
  const headers = timeout === undefined ? {} : { 'x-envoy-expected-rq-timeout-ms': timeout }
  return (await app.inject({ url: '/', headers })).json<{ deadlineMs: number }>().deadlineMs
}

describe('the time for an answer', () => {
  test('is what the settings say, or less when the tier in front has less', async () => {
    expect(await deadlineOf()).toBe(100)
    expect(await deadlineOf('30')).toBe(30)
    expect(await deadlineOf('300')).toBe(100)
    expect(await deadlineOf('some')).toBe(100)
  })

  test('begins when the whole request is there', async () => {
    const body = new Readable({ read: () => {} })
    const headers = { 'content-type': 'application/json' }
    const answer = app.inject({ method: 'PUT', url: '/', headers, payload: body })
    await arrived.promise
    ticks = 50
    body.push('{}')
    body.push(null)
    expect((await answer).json()).toEqual({ deadlineMs: 150 })
  })
})
