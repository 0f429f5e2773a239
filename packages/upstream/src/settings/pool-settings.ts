/** What an operator may say about a pool of next hops; every part has defaults that suit production. */
import { parseSettings, setting } from '@roundtrip/config'
import { Type, type Static } from 'typebox'
import { balanceSettings } from './balance-settings.ts'
import { healthCheckSettings, outlierDetectionSettings } from './health-settings.ts'
import { hedgeSettings, retrySettings } from './retry-settings.ts'

const closed = { additionalProperties: false } as const

export const memberSettings = Type.Object(
  {
    origin: setting.origin({ description: 'scheme, host and port of the next hop' }),
    weight: setting.count({
      description: 'share of the traffic, relative to the others; 0 takes no new work',
      default: 1,
      maximum: 1000,
    }),
    zone: setting.optional(setting.text({ description: 'where it stands, e.g. a data centre or availability zone' })),
  },
  closed,
)

export const dnsSettings = Type.Object(
  {
    name: setting.host({ description: 'name whose addresses are the members' }),
    type: setting.choice(['address', 'SRV'], { description: 'A and AAAA records, or SRV', default: 'address' }),
    scheme: setting.choice(['http', 'https'], { description: 'how members are spoken to', default: 'http' }),
    port: setting.port({ description: 'port of the members; SRV records bring their own', default: 80 }),
    zone: setting.optional(
      setting.text({ description: 'where the members found stand; members of settings say so themselves' }),
    ),
    server: setting.optional(
      setting.text({ description: "resolver as address:port; the operating system's first one when absent" }),
    ),
    minTtlMs: setting.durationMs({ description: 'shortest time between two lookups', default: 1000 }),
    maxTtlMs: setting.durationMs({ description: 'longest time between two lookups', default: 60_000 }),
    timeoutMs: setting.durationMs({ description: 'how long one lookup may take', default: 2000 }),
  },
  closed,
)

export const circuitBreakerSettings = Type.Object(
  {
    maxConnections: setting.count({
      description: 'connections to each member, for requests whose content is still arriving half of them',
      default: 256,
      minimum: 1,
    }),
    maxPending: setting.count({
      description: 'requests that wait for a connection to a member, with content still arriving half of them',
      default: 1024,
    }),
    maxRequests: setting.count({
      description: 'requests in flight to each member, with content still arriving half of them',
      default: 2048,
      minimum: 1,
    }),
    maxRetries: setting.count({ description: 'retries and hedges in flight in the whole pool', default: 1024 }),
    failurePercent: setting.count({
      description: 'share of failures at which the whole pool is left alone for a while; 0 never does',
      default: 0,
      maximum: 100,
    }),
    minRequests: setting.count({
      description: 'requests in the window before the share counts',
      default: 20,
      minimum: 1,
    }),
    windowMs: setting.durationMs({ description: 'time over which failures are counted', default: 10_000 }),
    openMs: setting.durationMs({ description: 'how long the pool is left alone', default: 5000 }),
  },
  { ...closed, default: {} },
)

export const timeoutSettings = Type.Object(
  {
    connectMs: setting.durationMs({ description: 'connecting, TLS included', default: 1000 }),
    firstByteMs: setting.durationMs({
      description: 'from the end of a request to the head of its response, in one attempt',
      default: 15_000,
    }),
    idleMs: setting.durationMs({ description: 'silence within the content of a response', default: 30_000 }),
    queueMs: setting.durationMs({ description: 'waiting for a connection to a member', default: 1000 }),
    totalMs: setting.optional(
      setting.durationMs({
        description:
          'all attempts and the whole response; without it all attempts have twice firstByteMs for a head, and a response no bound',
      }),
    ),
  },
  { ...closed, default: {} },
)

export const tlsSettings = Type.Object(
  {
    caFile: setting.optional(setting.path({ description: 'certificate authorities that members are held against' })),
    certificateFile: setting.optional(setting.path({ description: 'certificate shown to members' })),
    keyFile: setting.optional(setting.path({ description: 'key of that certificate' })),
    serverName: setting.optional(
      setting.host({ description: "name the certificate must carry; the member's own when absent" }),
    ),
  },
  { ...closed, default: {} },
)

export const poolSettings = Type.Object(
  {
    members: Type.Array(memberSettings, { description: 'next hops that are always there', default: [] }),
    dns: setting.optional(dnsSettings),
    balance: balanceSettings,
    healthCheck: setting.optional(healthCheckSettings),
    outlierDetection: outlierDetectionSettings,
    circuitBreaker: circuitBreakerSettings,
    timeouts: timeoutSettings,
    retry: retrySettings,
    hedge: setting.optional(hedgeSettings),
    slowStartMs: setting.count({
      description: 'time over which a new or recovered member takes up its share',
      default: 0,
    }),
    panicThresholdPercent: setting.count({
      description:
        'share of healthy members below which all are used, or with none healthy all that answer; 0 never does',
      default: 25,
      maximum: 100,
    }),
    zone: setting.optional(setting.text({ description: 'where this process stands: members of the zone come first' })),
    protocol: setting.choice(['http1', 'http2', 'auto'], {
      description: 'what members are spoken to with; auto agrees on it by ALPN',
      default: 'http1',
    }),
    tls: tlsSettings,
    proxyProtocol: setting.choice(['off', 'v1', 'v2'], {
      description: "header that tells members the client's address",
      default: 'off',
    }),
    drainTimeoutMs: setting.durationMs({
      description: 'how long a member that leaves or is drained may finish',
      default: 30_000,
    }),
  },
  closed,
)

export type PoolSettings = Readonly<Static<typeof poolSettings>>
export type MemberSettings = Readonly<Static<typeof memberSettings>>
export type DnsSettings = Readonly<Static<typeof dnsSettings>>
export type CircuitBreakerSettings = Readonly<Static<typeof circuitBreakerSettings>>

/** As an operator would write them, defaults left out. */
export type PoolSettingsInput = Partial<{ [K in keyof PoolSettings]: unknown }>

/** Fills in the defaults. @throws RoundtripError `SETTINGS_INVALID` */
export const poolSettingsOf = (given: PoolSettingsInput, name = 'pool'): PoolSettings =>
  parseSettings(poolSettings, JSON.stringify(given), name)
