/** The settings of the web tier, under the prefix `WEB`. */
import { setting } from '@roundtrip/config'
import { Type, type Static } from 'typebox'

export const webSettings = Type.Object({
  host: setting.host({ description: 'address to listen on', default: '127.0.0.1' }),
  port: setting.port({ description: 'port for HTTP', default: 8101 }),
  root: setting.path({ description: 'folder with the static files' }),
  upstreams: setting.origins({ description: 'application servers, taken in turn' }),
  healthCheckPath: setting.text({
    description: 'path a healthy application server answers with 2xx',
    default: '/health/ready',
  }),
  healthCheckIntervalMs: setting.durationMs({ description: 'time between two health checks', default: 1000 }),
  healthCheckTimeoutMs: setting.durationMs({ description: 'how long a health check may take', default: 500 }),
  healthCheckRise: setting.count({
    description: 'checks in a row that bring an application server back',
    default: 2,
    minimum: 1,
  }),
  healthCheckFall: setting.count({
    description: 'failed checks in a row that take an application server out',
    default: 2,
    minimum: 1,
  }),
  connectTimeoutMs: setting.durationMs({
    description: 'how long connecting to an application server may take',
    default: 1000,
  }),
  firstByteTimeoutMs: setting.durationMs({
    description:
      'how long the beginning of a response may take, both attempts together, unless the edge leaves less; application servers are told',
    default: 10_000,
  }),
  bodyTimeoutMs: setting.durationMs({
    description: 'longest silence of an application server within its response',
    default: 30_000,
  }),
  cacheMaxBytes: setting.bytes({
    description: 'memory for answers that shared caches may keep for some seconds; 0 keeps none',
    default: 16_777_216,
  }),
  cacheBypassCookies: setting.list({ description: 'cookies whose bearers go past the micro-cache', default: [] }),
  cacheBypassFields: setting.list({ description: 'request fields whose bearers go past the micro-cache', default: [] }),
  maxBodyBytes: setting.bytes({ description: 'most bytes a request body may have', default: 10_485_760 }),
})

export type WebSettings = Readonly<Static<typeof webSettings>>
