/** Puts one working process of the edge together: what it does, and the listeners that bring it requests. */
import type { HttpHandler, Log } from '@roundtrip/http'
import { serveHttp1, type Http1Server } from '@roundtrip/http1'
import { serveHttp2, type Http2Server } from '@roundtrip/http2'
import { LocalLimiter, RedisLimiter, type Limiter } from '@roundtrip/rate-limit'
import type { Component, Health, Surroundings } from '@roundtrip/service'
import { checksOf } from '@roundtrip/upstream'
import { healthTopic } from '@roundtrip/worker-group'
import { answerAdmin, tellLastMetrics, type Answering } from './admin/worker-answers.ts'
import type { EdgeSettings } from './config.ts'
import { openListeners, type Listeners } from './listener/open-listeners.ts'
import { PurgeRelay, redisLog } from './purge/purge-relay.ts'
import { EdgeRuntime } from './runtime/edge-runtime.ts'
import { busyTimeoutMsOf } from './settings/busy-timeout.ts'
import type { EdgeFile } from './settings/edge-file.ts'
import { readEdgeFile } from './settings/read-edge-file.ts'
import type { ListenerName, Workplace } from './workers/workplace.ts'

type EdgeSurroundings = Surroundings<EdgeSettings>

/** @throws RoundtripError `SETTINGS_INVALID` for a certificate or a file that cannot be used, or the error of `listen` */
export const startEdge = async (
  { settings, log, instance }: EdgeSurroundings,
  workplace: Workplace,
): Promise<Component> => {
  const { number, file } = workplace.settings ?? { number: 0, file: readEdgeFile(settings) }
  const relay = new PurgeRelay({ bus: workplace.bus, openLog: redisLog(redisOf(settings), log), log })
  const http1 = new Map<ListenerName, Http1Server>()
  const http2 = new Map<ListenerName, Http2Server>()
  let runtime: EdgeRuntime | undefined
  const runtimeAt = (httpsPort: number): EdgeRuntime =>
    (runtime ??= new EdgeRuntime({
      settings,
      file,
      instance,
      publicHttpsPort: settings.publicHttpsPort ?? httpsPort,
      limiter: limiterOf(settings, file, workplace, log),
      purgeBus: relay,
      sharesCertificate: (serverName, host) => listeners.sharesCertificate(serverName, host),
      log,
    }))
  const listeners: Listeners = await openListeners({
    host: settings.host,
    httpsPort: settings.httpsPort,
    httpPort: settings.httpPort,
    certificate: settings,
    tls: file.tls,
    limits: file.limits.connections,
    workplace,
    protocolsFor: (name, port) => {
      const spoken = protocols(runtimeAt(port).handler, name, { settings, file, log })
      http1.set(name, spoken.http1)
      // In plain text it is not spoken.
      if (name === 'https') http2.set(name, spoken.http2)
      return spoken
    },
    log,
  }).catch((error: unknown) => {
    runtime?.close()
    relay.close()
    throw error
  })
  return assemble({ runtime: runtimeAt(0), listeners, http1, http2, purges: relay, startedWith: number }, workplace)
}

const assemble = async (parts: Omit<Answering, 'bus'>, { bus }: Workplace): Promise<Component> => {
  const { runtime, listeners, purges } = parts
  const stopAnswering = answerAdmin({ ...parts, bus })
  const health = async (): Promise<Health> => healthOf(runtime)
  bus.subscribe(healthTopic, health)
  await runtime.start()
  return {
    listeners: listeners.addresses,
    health,
    drain: async () => {
      await listeners.drain()
      await runtime.drain()
    },
    close: async () => {
      listeners.close()
      await tellLastMetrics({ ...parts, bus })
      stopAnswering()
      runtime.close()
      purges.close()
    },
  }
}

const redisOf = ({ redisUrl, redisPassword }: EdgeSettings) =>
  redisUrl === undefined ? undefined : { url: redisUrl, password: redisPassword }

/** Whether Redis is there already or not: until then the edge counts its share by itself. */
const limiterOf = (settings: EdgeSettings, file: EdgeFile, { settle }: Workplace, log: Log): Limiter => {
  const { rateLimiter } = file
  const redis = redisOf(settings)
  if (redis === undefined) return new LocalLimiter({ maxKeys: rateLimiter.maxKeys, settle })
  const limiter = new RedisLimiter({ ...rateLimiter, ...redis, settle, namespace: 'roundtrip:edge:limits', log })
  void limiter.connect()
  return limiter
}

interface ProtocolParts {
  readonly settings: EdgeSettings
  readonly file: EdgeFile
  readonly log: Log
}

const protocols = (handler: HttpHandler, scheme: ListenerName, { settings, file, log }: ProtocolParts) => {
  const { http1, http2 } = file.limits
  const { serverTiming: sampling, accessLog } = settings
  // Who answered is for log lines; where none are written, only requests that are traced want to know.
  const watch = accessLog === 'all' ? 'all' : 'sampled'
  const options = { handler, scheme, log, trustRequestId: false, sampling, watch } as const
  const busyTimeoutMs = busyTimeoutMsOf(file)
  return {
    http1: serveHttp1({ ...options, limits: { ...http1, busyTimeoutMs } }),
    http2: serveHttp2({ ...options, limits: http2 }),
  }
}

/**
 * Ready as long as one pool has a next hop that works: requests for the others fail alike at every edge, and taking this
 * one out would take what still works along. Which pools have nobody is among the checks.
 */
const healthOf = ({ pools }: EdgeRuntime): Health => {
  const statuses = Array.from(pools.values(), (pool) => pool.status())
  const members = statuses.flatMap((status) => status.members)
  const lost = statuses.filter((status) => !status.members.some(({ state }) => state === 'healthy'))
  return {
    ready: lost.length < statuses.length,
    checks: {
      ...checksOf(members),
      ...Object.fromEntries(lost.map(({ name }) => [`pool ${name}`, 'nobody in it is healthy'])),
    },
  }
}
