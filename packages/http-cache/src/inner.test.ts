/** Two caches of ours in a row, one clock: what of a response each of them keeps, and what a purge of the outer one reaches. */
import {
  Fields,
  formatHttpDate,
  type HttpHandler,
  type HttpLayer,
  type HttpRequest,
  type HttpResponse,
} from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { cache } from './cache.ts'
import { collapse } from './collapse.ts'
import { conditionalRange } from './conditional-range.ts'
import { CacheStore } from './store/cache-store.ts'
import { testClient, testRequest } from './testing.ts'

type Init = Readonly<Record<string, string>>

const stack = (layers: readonly HttpLayer[], terminal: HttpHandler): HttpHandler =>
  layers.reduceRight((next, layer) => layer(next), terminal)

const numbered = (i: number): string => `https://www.roundtrip.test/${i}`

class TwoTiers {
  nowMs = Date.UTC(2026, 0, 1)
  readonly #beganMs = this.nowMs
  /** What reached the origin. */
  readonly requests: HttpRequest[] = []
  /** What came out of the inner cache. */
  readonly between: Record<string, string>[] = []
  readonly edge: CacheStore
  readonly #handler: HttpHandler
  #answer: (request: HttpRequest) => HttpResponse = () => this.response({})

  constructor({ bypassCookie = 'none', webs = 1 } = {}) {
    const clock = (): number => this.nowMs
    const origin: HttpHandler = async (request) => {
      this.requests.push(request)
      return this.#answer(request)
    }
    const inner = Array.from({ length: webs }, () => {
      const store = new CacheStore({ maxBytes: 1_000_000, clock })
      const settings = { inner: true }
      return stack([conditionalRange(), cache({ store, settings, name: 'roundtrip-web', clock }), collapse()], origin)
    })
    let turn = 0
    const between: HttpHandler = async (request, context) => {
      const web = inner[turn++ % webs] ?? origin
      const response = await web({ ...request, fields: request.fields.clone() }, context)
      this.between.push(Object.fromEntries(response.fields))
      return response
    }
    this.edge = new CacheStore({ maxBytes: 1_000_000, clock })
    const settings = { bypass: { pathPrefixes: [], cookies: [bypassCookie], fields: [] } }
    this.#handler = stack([conditionalRange(), cache({ store: this.edge, settings, clock }), collapse()], between)
  }

  at(seconds: number): this {
    this.nowMs = this.#beganMs + seconds * 1000
    return this
  }

  answers(fields: Init, body = 'old'): this {
    this.#answer = ({ fields: asked }) => {
      const isKnown = fields['etag'] !== undefined && asked.get('if-none-match') === fields['etag']
      return { ...this.response(fields, isKnown ? '' : body), status: isKnown ? 304 : 200 }
    }
    return this
  }

  fails(): this {
    this.#answer = () => ({ ...this.response({}, 'failed'), status: 503 })
    return this
  }

  response(fields: Init, body = 'old'): HttpResponse {
    return { status: 200, fields: Fields.of({ date: formatHttpDate(new Date(this.nowMs)), ...fields }), body }
  }

  /** Evicts, which is no purge. */
  emptyEdge(): void {
    for (const stored of this.edge.entries()) this.edge.remove(stored)
  }

  async ask(fields: Init = {}, method = 'GET') {
    const response = await this.#handler(testRequest('/', fields, method), testClient().context)
    const all = Object.fromEntries(response.fields)
    const body = response.body instanceof Uint8Array ? Buffer.from(response.body).toString() : response.body
    const status = response.fields.getAll('cache-status').join(', ')
    return { body, age: Number(all['age'] ?? 0), status, fields: all, code: response.status }
  }
}

const briefly = { 'cache-control': 'public, max-age=0, s-maxage=2' }

describe('a response in two caches', () => {
  it('lives no longer than in one: Age adds up', async () => {
    // Another edge, as it were, gets what the inner cache has, and how old that is.
    const tiers = new TwoTiers().answers(briefly)
    await tiers.ask()
    tiers.emptyEdge()
    tiers.answers(briefly, 'new').at(1.5)
    expect(await tiers.ask()).toMatchObject({ body: 'old', age: 1 })
    expect(await tiers.at(2.4).ask()).toMatchObject({ body: 'old', age: 1 })
    // Age has whole seconds, so up to one is lost; never a second lifetime won.
    expect(await tiers.at(3).ask()).toMatchObject({ body: 'new', age: 0 })
    expect(tiers.requests).toHaveLength(2)
  })

  it('says in Cache-Status what each of them did', async () => {
    const tiers = new TwoTiers().answers(briefly)
    const first = await tiers.ask()
    expect(first.status).toBe(
      'roundtrip-web; fwd=uri-miss; fwd-status=200; stored, roundtrip-edge; fwd=uri-miss; fwd-status=200; stored',
    )
    tiers.emptyEdge()
    expect((await tiers.at(1).ask()).status).toMatch(
      /^roundtrip-web; hit; ttl=1, roundtrip-edge; fwd=uri-miss.*stored$/,
    )
    expect((await tiers.ask()).status).toMatch(/^roundtrip-web; hit; ttl=1, roundtrip-edge; hit; ttl=1$/)
  })

  it('passes its surrogate keys on to the outer one, from the inner one too, and no client sees them', async () => {
    const tiers = new TwoTiers().answers({ ...briefly, 'surrogate-key': 'product-1', etag: '"1"' })
    await tiers.ask()
    tiers.emptyEdge()
    expect((await tiers.ask()).fields).not.toHaveProperty('surrogate-key')
    expect(tiers.between.map((fields) => fields['surrogate-key'])).toEqual(['product-1', 'product-1'])
    expect(tiers.edge.purge({ surrogateKeys: ['product-1'] })).toBe(1)
  })

  it('keeps the lifetime that Surrogate-Control gives when the inner one answers 304', async () => {
    const fields = { 'surrogate-control': 'max-age=2', 'cache-control': 'no-store', etag: '"1"' }
    const tiers = new TwoTiers().answers(fields)
    await tiers.ask()
    expect((await tiers.at(3).ask()).status).toMatch(/roundtrip-edge; fwd=stale; fwd-status=304; stored$/)
    expect((await tiers.at(4).ask()).status).toMatch(/roundtrip-edge; hit; ttl=1$/)
  })

  it.each<[string, Init]>([
    ['CDN-Cache-Control, whatever the others are told', { ...briefly, 'cdn-cache-control': 'max-age=600' }],
    ['Surrogate-Control', { ...briefly, 'surrogate-control': 'max-age=600' }],
    ['s-maxage', { 'cache-control': 's-maxage=11' }],
  ])('that lives long is left to the outer one: by %s', async (_how, fields) => {
    const tiers = new TwoTiers().answers(fields)
    expect((await tiers.ask()).status).toMatch(/^roundtrip-web; [^,]*detail=long-lived, roundtrip-edge; [^,]*stored$/)
    expect((await tiers.at(5).ask()).status).toMatch(/roundtrip-edge; hit/)
  })

  it('is kept by neither where CDN-Cache-Control forbids it', async () => {
    const tiers = new TwoTiers().answers({ ...briefly, 'cdn-cache-control': 'no-store' })
    expect((await tiers.ask()).status.match(/detail=no-store/g)).toHaveLength(2)
  })

  it('is never stale in the inner one, neither while it is asked for nor instead of a failure', async () => {
    const stale = { 'cache-control': 'max-age=2, stale-while-revalidate=60, stale-if-error=60' }
    const tiers = new TwoTiers().answers(stale)
    await tiers.ask()
    tiers.emptyEdge()
    tiers.answers(stale, 'new')
    expect((await tiers.at(3).ask()).body).toBe('new')
    tiers.emptyEdge()
    expect((await tiers.fails().at(6).ask()).code).toBe(503)
  })
})

describe('what is purged in the outer one', () => {
  it.each<[string, (tiers: TwoTiers) => unknown]>([
    ['by URL', ({ edge }) => edge.purge({ url: 'https://www.roundtrip.test/' })],
    ['softly', ({ edge }) => edge.purge({ url: 'https://www.roundtrip.test/', soft: true })],
    ['by surrogate key', ({ edge }) => edge.purge({ surrogateKeys: ['product-1'] })],
    ['by prefix', ({ edge }) => edge.purge({ prefix: 'https://www.roundtrip.test/' })],
    ['by a write', (tiers) => tiers.ask({}, 'PUT')],
  ])('is not brought back by the inner one: %s', async (_how, purge) => {
    for (const afterSeconds of [0, 0.9, 1, 5]) {
      const tiers = new TwoTiers({ webs: 2 }).answers({ 'cache-control': 's-maxage=9', 'surrogate-key': 'product-1' })
      // Each of the two inner caches has it; a write passes only one of them.
      await tiers.ask()
      tiers.emptyEdge()
      await tiers.ask()
      tiers.answers({ 'cache-control': 's-maxage=9' }, 'new').at(1)
      await purge(tiers)
      tiers.at(1 + afterSeconds)
      await tiers.ask()
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
      expect([afterSeconds, (await tiers.ask()).body]).toEqual([afterSeconds, 'new'])
    }
  })

  it('may come from the inner one again once that has it anew, and is asked for as ever in the end', async () => {
    const tiers = new TwoTiers().answers({ 'cache-control': 's-maxage=9' })
    await tiers.ask()
    tiers.edge.purge({ host: 'www.roundtrip.test' })
    await tiers.at(1).ask()
    tiers.emptyEdge()
    expect((await tiers.at(3).ask()).status).toMatch(/^roundtrip-web; hit/)
    tiers.emptyEdge()
    await tiers.at(12).ask()
    expect(tiers.requests.map(({ fields }) => fields.get('cache-control'))).toEqual([undefined, 'max-age=1', undefined])
  })

  it('is not had from the inner one by a client that takes anything stale, either', async () => {
    const tiers = new TwoTiers().answers({ 'cache-control': 's-maxage=9' })
    await tiers.ask()
    tiers.answers(briefly, 'new').edge.purge({ host: 'www.roundtrip.test' })
    expect((await tiers.at(1).ask({ 'cache-control': 'max-stale' })).body).toBe('new')
  })

  it('is remembered by URL up to a bound; beyond it everything counts as purged', () => {
    const { edge } = new TwoTiers()
    edge.purge({ url: numbered(0) })
    const nowMs = Date.UTC(2026, 0, 1)
    expect([0, 1].map((i) => edge.recentPurges.lastOf(numbered(i), nowMs))).toEqual([nowMs, undefined])
    for (let i = 1; i <= 5000; i++) edge.purge({ url: numbered(i) })
    expect(edge.recentPurges.lastOf(numbered(9999), nowMs)).toBe(nowMs)
    expect(edge.recentPurges.lastOf(numbered(5000), nowMs + 10_000)).toBeUndefined()
  })
})

it('a rule that keeps requests from the outer cache keeps them from the inner one', async () => {
  const tiers = new TwoTiers({ bypassCookie: 'session' }).answers(briefly)
  await tiers.ask()
  tiers.answers(briefly, 'new')
  expect((await tiers.ask({ cookie: 'session=1' })).body).toBe('new')
  expect((await tiers.ask()).body).toBe('old')
})
