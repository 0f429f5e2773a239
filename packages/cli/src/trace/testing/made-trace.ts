/** A made-up trace to be rendered. */
import { Fields } from '@roundtrip/http'
import type { Trace } from '../trace.ts'

const certificate = (subject: string, issuer: string, daysLeft: number) => ({
  subject,
  issuer,
  names: [subject],
  validTo: '2026-12-01T00:00:00.000Z',
  daysLeft,
  hoursLeft: daysLeft * 24,
})

/** A request through all tiers, 20 ms long, as it would be measured. */
const whole: Trace = {
  kind: 'cold',
  notes: ["443 → 8443, this stack's edge"],
  request: {
    method: 'GET',
    url: 'https://www.roundtrip.test/products?page=2',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    fieldCount: 5,
    bodyBytes: 0,
  },
  phases: [
    { name: 'url', startMs: 0, durationMs: 0.25 },
    { name: 'name', startMs: 0.25, durationMs: 1.25 },
    { name: 'connect', startMs: 1.5, durationMs: 0.5 },
    { name: 'tls', startMs: 2, durationMs: 5 },
    { name: 'request', startMs: 7, durationMs: 1 },
    { name: 'wait', startMs: 8, durationMs: 10 },
    { name: 'transfer', startMs: 18, durationMs: 2 },
  ],
  wallMs: 20.05,
  name: {
    addresses: ['127.0.0.1', '127.0.0.2'],
    source: 'dns',
    server: '127.0.0.1:5300',
    transport: 'udp',
    authoritative: true,
    ttlSeconds: 30,
    aliases: [],
  },
  connect: [{ address: '127.0.0.1', port: 8443, durationMs: 0.5 }],
  tls: {
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_128_GCM_SHA256',
    keyExchange: 'X25519',
    alpn: 'h2',
    resumed: false,
    certificates: [
      certificate('www.roundtrip.test', 'Roundtrip local CA', 6),
      certificate('Roundtrip local CA', 'Roundtrip local CA', 3649),
    ],
  },
  response: {
    status: 200,
    statusText: 'OK',
    httpVersion: '2',
    fields: Fields.of({ 'content-type': 'text/html', 'content-encoding': 'br', 'x-request-id': 'req-1' }),
    bodyBytes: 12_345,
  },
  serverTiming: [
    { name: 'cache', durationMs: 0.5, description: 'miss' },
    { name: 'db', durationMs: 2, description: 'replica-1' },
    { name: 'app', durationMs: 4, description: 'app-2' },
    { name: 'web', durationMs: 6, description: 'web-1' },
    { name: 'edge', durationMs: 8, description: 'edge-1' },
  ],
}

export const madeTrace = (overrides: Partial<Trace> = {}): Trace => ({ ...whole, ...overrides })
