import { readFileSync } from 'node:fs'
import { defaultsOf } from '@roundtrip/config'
import { BodyEncoder, Fields, newTrace, type HttpContext, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import { CacheStore } from '@roundtrip/http-cache'
import { RouteFigures } from '@roundtrip/metrics'
import { Passage } from '@roundtrip/pipeline'
import { LocalLimiter } from '@roundtrip/rate-limit'
import { createPool, poolSettingsOf, type Transport } from '@roundtrip/upstream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AddressSet } from './addresses/address-set.ts'
import { LoadShedder } from './layers/load-shedder.ts'
import { SlowRequests } from './layers/slow-requests.ts'
import { routeLayers, routePipeline, type SharedParts } from './pipeline.ts'
import { edgeFile } from './settings/edge-file.ts'
import { recordingLog } from './testing/test-edge.ts'

interface Case {
  readonly request?: Partial<HttpRequest>
  readonly hosts?: readonly string[]
  readonly sampled?: boolean
  readonly publicHttpsPort?: number
  /** Whether clients are asked for certificates. */
  readonly asksClients?: boolean
}

const requestOf = (overrides: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  target: '/products?page=2',
  scheme: 'https',
  authority: 'www.roundtrip.test:8443',
  fields: Fields.of(),
  body: undefined,
  httpVersion: '2',
  ...overrides,
})

const contextOf = (sampled = false): HttpContext => ({
  passage: new Passage(),
  elapsedMs: 0,
  requestId: 'request-1',
  trace: newTrace(sampled),
  downstream: { address: '192.0.2.7', port: 4711 },
  client: '192.0.2.7',
  signal: new AbortController().signal,
  onAbandoned: () => undefined,
  delivered: Promise.resolve({ outcome: 'complete', bodyBytes: 0 }),
  onSettled: () => {},
  facts: {},
  log: recordingLog().log,
})

/** Connections that answer by themselves, and note what they were given. */
const answering = (note: (request: HttpRequest) => void): Transport => ({
  send: async (request, options) => {
    note(request)
    options.onEnd?.(undefined)
    const fields = Fields.of({ via: '1.1 roundtrip-web', 'server-timing': 'web;dur=2;desc="web-1"' })
    return { status: 200, fields, body: Buffer.from('ok') }
  },
  stats: { open: 0, idle: 0, waiting: 0, inFlight: 0, connects: 0, reuses: 0 },
  drain: async () => undefined,
  destroy: () => undefined,
})

const partsOf = ({
  hosts = ['www.roundtrip.test'],
  publicHttpsPort = 8443,
  asksClients = false,
}: Case): SharedParts => {
  const { limits, clientAddress, cache, loadShed, compression } = defaultsOf(edgeFile)
  const shedder = new LoadShedder(loadShed)
  onTestFinished(() => shedder.close())
  return {
    instance: 'edge-1',
    publicHttpsPort,
    hasPlainListener: true,
    clientCertificates: asksClients ? { forward: true } : undefined,
    accessLog: 'all',
    hosts,
    maxBodyBytes: 10,
    slowRequestMs: limits.slowRequestMs,
    clientAddress,
    purgeFrom: new AddressSet([], 'purgeFrom'),
    slow: new SlowRequests({ slowRequestsKept: 1 }),
    shedder,
    limiter: new LocalLimiter({ maxKeys: 1 }),
    store: new CacheStore(cache),
    encoder: new BodyEncoder(compression),
    sharesCertificate: () => true,
  }
}

/** Runs a request through the pipeline in front of a next hop that notes what it was given. */
const run = async (given: Case = {}): Promise<{ response: HttpResponse; forwarded: HttpRequest | undefined }> => {
  let forwarded: HttpRequest | undefined
  const transport = answering((request) => (forwarded = request))
  const poolSettings = poolSettingsOf({ members: [{ origin: 'http://192.0.2.80' }] })
  const pool = createPool('web', poolSettings, { log: recordingLog().log, connect: () => transport })
  onTestFinished(() => pool.close())
  const [settings] = defaultsOf(edgeFile).routes
  if (settings === undefined) throw new Error('no default route')
  const handler = routePipeline(partsOf(given), { settings, pool, figures: new RouteFigures('edge', 'default') })
  const response = await handler(requestOf(given.request), contextOf(given.sampled))
  return { response, forwarded }
}
const codeOf = ({ body }: HttpResponse): unknown => (JSON.parse(body as string) as { code: unknown }).code

describe('the pipeline of the edge', () => {
  it('is the list that the README shows', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const shown = [...readme.matchAll(/^\d+\. `([\w-]+)`/gm)].map(([, name]) => name)
    const pool = createPool('web', poolSettingsOf({}), { log: recordingLog().log })
    onTestFinished(() => pool.close())
    const [settings] = defaultsOf(edgeFile).routes
    if (settings === undefined) throw new Error('no default route')
    const parts = { settings, pool, figures: new RouteFigures('edge', 'default') }
    const names = routeLayers(partsOf({ asksClients: true }), parts).map(([name]) => name)
    expect(shown).toEqual([...names, 'forward'])
  })

  it('lets no client make up the certificate it has shown, where clients are asked for one', async () => {
    const request = { fields: Fields.of({ 'client-cert': ':AAAA:' }) }
    const { forwarded } = await run({ request, asksClients: true })
    expect(forwarded?.fields.has('client-cert')).toBe(false)
  })

  it('tells the next hop who asked, and believes nothing the client says about that', async () => {
    const { forwarded, response } = await run({
      request: {
        fields: Fields.of({
          forwarded: 'for=10.0.0.1',
          'x-forwarded-for': '10.0.0.1',
          'x-forwarded-proto': 'http',
          'x-forwarded-host': 'evil.test',
          'x-forwarded-port': '1',
          'x-real-ip': '10.0.0.1',
          'x-request-id': 'mine',
          'x-envoy-expected-rq-timeout-ms': '1',
        }),
      },
    })
    expect(Object.fromEntries(forwarded?.fields ?? [])).toEqual({
      'x-request-id': 'request-1',
      traceparent: expect.stringMatching(/-00$/),
      forwarded: 'for=192.0.2.7;host="www.roundtrip.test:8443";proto=https',
      'x-forwarded-for': '192.0.2.7',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'www.roundtrip.test:8443',
      'x-forwarded-port': '8443',
      via: '2 roundtrip-edge',
      // What the edge itself waits, less the way back.
      'x-envoy-expected-rq-timeout-ms': '14950',
    })
    expect(response.fields.get('via')).toBe('1.1 roundtrip-web, 1.1 roundtrip-edge')
    expect(response.fields.get('x-request-id')).toBe('request-1')
  })

  it.each([
    [false, /^$/, '00'],
    [true, /^web.*, edge;dur=.*;desc="edge-1"/, '01'],
  ] as const)('Server-Timing for a request that is traced: %s', async (sampled, expected, flags) => {
    const { response, forwarded } = await run({ sampled })
    expect(response.fields.get('server-timing') ?? '').toMatch(expected)
    expect(forwarded?.fields.get('traceparent')).toMatch(new RegExp(`-${flags}$`))
  })

  it.each(['www.roundtrip.test', 'www.roundtrip.test:8443', 'WWW.roundtrip.test', 'www.roundtrip.test.:1'])(
    'serves the host %s',
    async (authority) => {
      expect((await run({ request: { authority } })).response.status).toBe(200)
    },
  )

  it.each(['evil.test', 'www.roundtrip.test.evil.test', '[::1]:8443'])('misdirected: %s', async (authority) => {
    const { response, forwarded } = await run({ request: { authority } })
    expect([response.status, codeOf(response), forwarded]).toEqual([421, 'MISDIRECTED_REQUEST', undefined])
    expect((await run({ request: { authority }, hosts: [] })).response.status).toBe(200)
  })

  it.each([
    '/health',
    '/health/ready',
    '/health/web?x=1',
    '//health/web',
    '/%68ealth/ready',
    '/HEALTH/live',
    '/assets/../health/ready',
    '/assets/%2e%2e/health/ready',
    '/assets/%2e%2e%2fhealth/ready',
    '/%2fhealth/web',
    '/health/%ff',
    '/health/web;%ff',
    '/%68ealth/%c3',
    '/health;x=1',
    '/health;x/web',
    '/health%3bx/web',
  ])('keeps %s to itself', async (target) => {
    const { response, forwarded } = await run({ request: { target } })
    expect([response.status, codeOf(response), forwarded]).toEqual([404, 'NOT_FOUND', undefined])
  })

  it.each(['/healthy', '/api/health', '/100%', '/%zz', '/?next=/health'])('passes %s on', async (target) => {
    expect((await run({ request: { target } })).forwarded?.target).toBe(target)
  })

  it('answers OPTIONS * itself, and refuses CONNECT and TRACE', async () => {
    const options = await run({ request: { method: 'OPTIONS', target: '*' } })
    expect([options.response.status, options.response.fields.get('allow')]).toEqual([204, expect.stringMatching(/GET/)])
    for (const method of ['TRACE', 'CONNECT']) {
      const { response, forwarded } = await run({ request: { method } })
      expect([response.status, codeOf(response), forwarded]).toEqual([405, 'METHOD_NOT_ALLOWED', undefined])
      expect(response.fields.get('allow')).toMatch(/^GET, HEAD/)
    }
  })

  it('refuses content that is announced too large', async () => {
    const { response, forwarded } = await run({
      request: { method: 'POST', fields: Fields.of({ 'content-length': 11 }) },
    })
    expect([response.status, codeOf(response), forwarded]).toEqual([413, 'BODY_TOO_LARGE', undefined])
  })

  it('asks for TLS from now on only where HTTPS has its own port', async () => {
    const field = 'strict-transport-security'
    expect((await run({ publicHttpsPort: 443 })).response.fields.get(field)).toBe('max-age=31536000')
    expect((await run({ publicHttpsPort: 8443 })).response.fields.has(field)).toBe(false)
  })
})

describe('a request without TLS', () => {
  it.each([
    [443, 'www.roundtrip.test', '/a?b=c', 'https://www.roundtrip.test/a?b=c'],
    [8443, 'www.roundtrip.test:8080', '/a%20b', 'https://www.roundtrip.test:8443/a%20b'],
    [8443, '[::1]:8080', '/', 'https://[::1]:8443/'],
  ])('is redirected to port %i: %s%s', async (publicHttpsPort, authority, target, location) => {
    const { response } = await run({ hosts: [], publicHttpsPort, request: { scheme: 'http', authority, target } })
    expect([response.status, response.fields.get('location')]).toEqual([308, location])
  })

  it('is sent to no host that is not ours', async () => {
    const { response } = await run({ request: { scheme: 'http', authority: 'evil.test' } })
    expect(response.status).toBe(421)
  })
})
