/** The settings of the edge, under the prefix `EDGE`. */
import { setting } from '@roundtrip/config'
import { Type, type Static } from 'typebox'

export const edgeSettings = Type.Object({
  host: setting.host({ description: 'address to listen on', default: '127.0.0.1' }),
  httpsPort: setting.port({ description: 'port for HTTPS', default: 8443 }),
  httpPort: setting.optional(setting.port({ description: 'port that redirects HTTP to HTTPS; off when unset' })),
  publicHttpsPort: setting.optional(
    setting.port({ description: 'HTTPS port as clients reach it, for redirects; the bound port when unset' }),
  ),
  certificateFile: setting.path({ description: 'PEM file with the certificate, then its intermediates' }),
  keyFile: setting.path({ description: 'PEM file with the key of the certificate' }),
  settingsFile: setting.optional(
    setting.path({
      description: 'YAML file with hosts, routes, pools, cache rules and limits; read again when it changes',
    }),
  ),
  upstreams: setting.origins({
    description: 'next hops: the pool `web`, unless the settings file has one',
    default: [],
  }),
  hosts: setting.list({ description: 'host names served, others get 421; any when empty', default: [] }),
  healthCheckPath: setting.text({
    description: 'path a healthy next hop answers with 2xx',
    default: '/health/web',
  }),
  healthCheckIntervalMs: setting.durationMs({ description: 'time between two health checks', default: 1000 }),
  healthCheckTimeoutMs: setting.durationMs({ description: 'how long a health check may take', default: 500 }),
  healthCheckRise: setting.count({
    description: 'checks in a row that bring a next hop back',
    default: 2,
    minimum: 1,
  }),
  healthCheckFall: setting.count({
    description: 'failed checks in a row that take a next hop out',
    default: 2,
    minimum: 1,
  }),
  connectTimeoutMs: setting.durationMs({ description: 'how long connecting to a next hop may take', default: 1000 }),
  firstByteTimeoutMs: setting.durationMs({
    description:
      'how long one next hop may take to begin its response; a second may take as long after it, and each is told',
    default: 15_000,
  }),
  bodyTimeoutMs: setting.durationMs({
    description: 'longest silence of a next hop within its response',
    default: 30_000,
  }),
  maxBodyBytes: setting.bytes({ description: 'most bytes a request body may have', default: 10_485_760 }),
  cacheBypassCookies: setting.list({
    description: 'cookies whose bearers go past the cache, on every route',
    default: [],
  }),
  cacheBypassFields: setting.list({
    description: 'request fields whose bearers go past the cache, on every route',
    default: [],
  }),
  workers: setting.processes({
    description: 'processes that share the ports: a number, or `auto` for one per core; more than one takes Linux',
    default: '1',
  }),
  adminHost: setting.host({ description: 'address of the admin API: an internal one', default: '127.0.0.1' }),
  adminPort: setting.optional(setting.port({ description: 'port of the admin API; off when unset' })),
  adminToken: setting.optional(setting.secret({ description: 'token that the admin API asks for' })),
  redisUrl: setting.optional(
    setting.url(['redis:', 'rediss:'], {
      description: 'Redis that all edges share, for rate limits and purges; each edge for itself when unset',
    }),
  ),
  redisPassword: setting.optional(setting.secret({ description: 'password of that Redis' })),
  accessLog: setting.choice(['all', 'errors', 'none'], {
    description: 'requests that get a line in the log',
    default: 'all',
  }),
  serverTiming: setting.choice(['always', 'sampled', 'never'], {
    description: 'who gets `Server-Timing`: everyone, requests with a sampled `traceparent`, nobody',
    default: 'sampled',
  }),
})

export type EdgeSettings = Readonly<Static<typeof edgeSettings>>
