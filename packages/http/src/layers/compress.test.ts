/** What is encoded, for whom, what the fields then say, and that nothing is held longer than it is wanted. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { brotliDecompressSync, createGunzip, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Fields } from '../fields.ts'
import type { HttpHandler, HttpResponse } from '../message.ts'
import { testContext, testRequest } from '../testing.ts'
import { BodyEncoder } from './compress-body.ts'
import { compress, type CompressOptions } from './compress.ts'

const text = 'all work and no play '.repeat(200)
const bytes = Buffer.from(text)

interface Case {
  readonly method?: string
  readonly accept?: string
  readonly request?: Record<string, string>
  readonly status?: number
  readonly fields?: Record<string, string>
  readonly body?: HttpResponse['body']
  readonly options?: Partial<CompressOptions>
}

const run = async (given: Case = {}): Promise<HttpResponse> => {
  const layer = compress({
    codings: ['zstd', 'br', 'gzip'],
    minBytes: 1024,
    types: ['text/*', '*+json', 'application/json'],
    credentialed: 'same-site',
    encoder: new BodyEncoder(),
    ...given.options,
  })
  const fields = Fields.of({ 'content-type': 'text/html; charset=utf-8', ...given.fields })
  const body = 'body' in given ? given.body : bytes
  const request = Fields.of({ 'accept-encoding': given.accept ?? 'gzip', ...given.request })
  const handler = layer(async () => ({ status: given.status ?? 200, fields, body }))
  return handler(testRequest({ method: given.method ?? 'GET', fields: request }), testContext())
}

const codingOf = ({ fields }: HttpResponse): string | undefined => fields.get('content-encoding')

const decode = async ({ body, fields }: HttpResponse): Promise<string> => {
  const encoded = body instanceof Readable ? await buffer(body) : Buffer.from(body ?? '')
  const coding = fields.get('content-encoding')
  if (coding === 'gzip') return gunzipSync(encoded).toString()
  if (coding === 'br') return brotliDecompressSync(encoded).toString()
  return coding === 'zstd' ? zstdDecompressSync(encoded).toString() : encoded.toString()
}

const next: HttpHandler = async () => ({ status: 200, fields: Fields.of(), body: undefined })

describe('a compressible answer', () => {
  it.each([
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['zstd', 'zstd'],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['gzip, br;q=0.9, zstd;q=0.1', 'gzip'],
    ['*', 'zstd'],
    ['deflate', undefined],
    ['identity', undefined],
    ['gzip;q=0', undefined],
  ])('for %s is sent as %s, whole or streamed', async (accept, coding) => {
    for (const body of [bytes, text, Readable.from([bytes.subarray(0, 99), bytes.subarray(99)])]) {
      const response = await run({ accept, body })
      expect([codingOf(response), response.fields.get('vary')]).toEqual([coding, 'accept-encoding'])
      expect(await decode(response)).toBe(text)
    }
  })

  it('says what it has become', async () => {
    const fields = { etag: '"v1"', 'content-length': String(bytes.length), 'accept-ranges': 'bytes', vary: 'cookie' }
    const response = await run({ fields })
    expect(Object.fromEntries(response.fields)).toEqual({
      'content-type': 'text/html; charset=utf-8',
      'content-encoding': 'gzip',
      etag: 'W/"v1"',
      vary: 'cookie, accept-encoding',
    })
    expect((await run({ fields: { etag: 'W/"v1"' } })).fields.get('etag')).toBe('W/"v1"')
    for (const vary of ['*', 'origin, Accept-Encoding']) {
      expect((await run({ fields: { vary } })).fields.get('vary')).toBe(vary)
    }
  })

  it('has for HEAD the fields that it has for GET', async () => {
    const fields = { etag: '"v1"', 'content-length': '5000' }
    const { fields: head } = await run({ method: 'HEAD', body: undefined, fields })
    expect([...head]).toEqual([...(await run({ fields })).fields])
  })

  it('is told unchanged by the tag that the client was given', async () => {
    const unchanged = { status: 304, body: undefined, fields: { etag: '"v1"' } }
    const known = await run({ ...unchanged, request: { 'if-none-match': 'W/"v1"' } })
    expect([known.fields.get('etag'), known.fields.get('vary')]).toEqual(['W/"v1"', 'accept-encoding'])
    const plain = await run({ ...unchanged, request: { 'if-none-match': '"v1"' } })
    expect([...plain.fields.getAll('etag'), ...plain.fields.getAll('vary')]).toEqual(['"v1"'])
  })
})

describe('left as it is', () => {
  it.each<[string, Case]>([
    ['already encoded', { fields: { 'content-encoding': 'br' } }],
    ['a part', { status: 206, fields: { 'content-range': 'bytes 0-9/10' } }],
    ['a part by its fields', { fields: { 'content-range': 'bytes 0-9/10' } }],
    ['an image', { fields: { 'content-type': 'image/png' } }],
    ['of no type', { fields: { 'content-type': '' } }],
    ['not to be transformed', { fields: { 'cache-control': 'max-age=1, No-Transform' } }],
    ['digested', { fields: { 'content-digest': 'sha-256=:AA==:' } }],
    ['small', { body: Buffer.alloc(1023, 'a') }],
    ['small by announcement', { body: Readable.from([bytes]), fields: { 'content-length': '1023' } }],
    ['without content', { status: 204, body: undefined }],
  ])('%s', async (_what, given) => {
    const response = await run(given)
    expect(codingOf(response)).toBe(given.fields?.['content-encoding'])
    expect(response.fields.has('vary')).toBe(false)
  })

  it('where encoding makes it larger', async () => {
    const body = randomBytes(2000)
    const response = await run({ body, fields: { etag: '"v1"' } })
    expect([response.body, codingOf(response), response.fields.get('etag')]).toEqual([body, undefined, '"v1"'])
  })

  it.each([
    ['same-site', { cookie: 'a=b' }, 'gzip'],
    ['same-site', { cookie: 'a=b', 'sec-fetch-site': 'same-origin' }, 'gzip'],
    ['same-site', { cookie: 'a=b', 'sec-fetch-site': 'cross-site' }, undefined],
    ['same-site', { 'sec-fetch-site': 'cross-site' }, 'gzip'],
    ['never', { authorization: 'Bearer x' }, undefined],
    ['never', {}, 'gzip'],
    ['always', { cookie: 'a=b', 'sec-fetch-site': 'cross-site' }, 'gzip'],
  ] as const)('credentialed %s, %o: %s', async (credentialed, request, coding) => {
    const response = await run({ request, options: { credentialed } })
    expect([codingOf(response), response.fields.get('vary')]).toEqual([coding, 'accept-encoding'])
  })

  it('without a coding there is no layer', () => {
    const options = { codings: [], minBytes: 0, types: [], credentialed: 'always', encoder: new BodyEncoder() } as const
    expect(compress(options)(next)).toBe(next)
  })
})

describe('bodies in memory', () => {
  it('are encoded once, however often and by how many they are asked for', async () => {
    const encoder = new BodyEncoder()
    const [one, two] = await Promise.all([run({ options: { encoder } }), run({ options: { encoder } })])
    const three = await run({ options: { encoder } })
    expect([one.body, two.body]).toEqual([three.body, three.body])
    expect(one.body).toBe(three.body)
    expect(encoder.status()).toEqual({ streams: 0, jobs: 0, reused: 2, declined: 0 })
  })

  it('beyond the bound go out as they are', async () => {
    const encoder = new BodyEncoder({ maxJobs: 1 })
    const [first, second] = await Promise.all([
      run({ options: { encoder } }),
      run({ options: { encoder }, body: Buffer.from(bytes) }),
    ])
    expect([codingOf(first), codingOf(second)]).toEqual(['gzip', undefined])
    expect(encoder.status()).toMatchObject({ jobs: 0, declined: 1 })
  })
})

describe('streams', () => {
  it('of events arrive event by event', async () => {
    for (const accept of ['gzip', 'br', 'zstd']) {
      const source = new PassThrough()
      const fields = { 'content-type': 'text/event-stream' }
      const { body } = await run({ accept, body: source, fields })
      source.write('data: 1\n\n')
      const [chunk] = (await once(body as Readable, 'data')) as [Buffer]
      expect(chunk.length).toBeGreaterThan(0)
      source.end()
    }
    const source = new PassThrough()
    const { body } = await run({ body: source, fields: { 'content-type': 'text/event-stream' } })
    const plain = (body as Readable).pipe(createGunzip())
    source.write('data: 1\n\n')
    expect(String((await once(plain, 'data'))[0])).toBe('data: 1\n\n')
    source.destroy()
  })

  it('that fail make the body fail', async () => {
    const source = new PassThrough()
    const { body } = await run({ body: source })
    source.destroy(new Error('the origin broke off'))
    await expect(buffer(body as Readable)).rejects.toThrow('the origin broke off')
  })

  it('that nobody wants any more are given up, source and encoder', async () => {
    const encoder = new BodyEncoder({ maxStreams: 1 })
    const source = new PassThrough()
    const { body } = await run({ body: source, options: { encoder } })
    expect(encoder.status().streams).toBe(1)
    expect(codingOf(await run({ body: Readable.from([bytes]), options: { encoder } }))).toBeUndefined()
    const ends = Promise.all(
      [source, body as Readable].map((end) => new Promise((resolve) => end.once('close', resolve))),
    )
    ;(body as Readable).destroy()
    await ends
    expect(encoder.status()).toMatchObject({ streams: 0, declined: 1 })
  })

  it('wait for a client that reads slowly', async () => {
    let made = 0
    const source = Readable.from(
      (function* () {
        for (; made < 5_000; made++) yield randomBytes(16_384)
      })(),
    )
    const { body } = await run({ body: source })
    await once(body as Readable, 'readable')
    await new Promise(setImmediate)
    expect(made).toBeLessThan(200)
    ;(body as Readable).destroy()
  })
})
