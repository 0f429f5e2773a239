/** Puts the edge together: certificate, next hops, listeners. */
import type { HttpHandler, Log } from '@roundtrip/http'
import { serveHttp1 } from '@roundtrip/http1'
import type { Component, Health, Surroundings } from '@roundtrip/service'
import { checksOf, upstreamFrom, type MemberStatus } from '@roundtrip/upstream'
import type { EdgeSettings } from './config.ts'
import { defaultListenerSettings } from './listener/listener-settings.ts'
import { serveNodeHttp2 } from './listener/node-http2.ts'
import type { Protocols } from './listener/listener.ts'
import { openListeners } from './listener/open-listeners.ts'
import { allow } from './layers/methods.ts'
import { edgePipeline, redirectPipeline } from './pipeline.ts'
import { defaultTlsSettings } from './tls/tls-settings.ts'
import { healthTopic } from './workers/start-workers.ts'
import type { ListenerName, Workplace } from './workers/workplace.ts'

type EdgeSurroundings = Surroundings<EdgeSettings>

/** @throws RoundtripError `SETTINGS_INVALID` for a certificate that cannot be used, or the error of `listen` */
export const startEdge = async (
  { settings, log, instance }: EdgeSurroundings,
  workplace: Workplace,
): Promise<Component> => {
  const upstream = upstreamFrom('web', settings, log)
  const protocolsFor = (name: ListenerName, httpsPort: number): Protocols => {
    const publicHttpsPort = settings.publicHttpsPort ?? httpsPort
    const handler =
      name === 'https'
        ? edgePipeline({ settings, instance, publicHttpsPort, forward: upstream.forward })
        : redirectPipeline(settings, publicHttpsPort)
    return protocols(handler, name, log, settings)
  }
  const listeners = await openListeners({
    host: settings.host,
    httpsPort: settings.httpsPort,
    httpPort: settings.httpPort,
    certificate: settings,
    tls: defaultTlsSettings,
    limits: defaultListenerSettings,
    workplace,
    protocolsFor,
    log,
  })
  upstream.start()
  const health = async (): Promise<Health> => healthOf(upstream.members())
  workplace.bus.subscribe(healthTopic, health)
  return {
    listeners: listeners.addresses,
    health,
    drain: async () => {
      await listeners.drain()
      await upstream.drain()
    },
    close: async () => {
      listeners.close()
      await upstream.close()
    },
  }
}

const protocols = (handler: HttpHandler, scheme: ListenerName, log: Log, settings: EdgeSettings): Protocols => {
  const options = { handler, scheme, log, trustRequestId: false, sampling: settings.serverTiming } as const
  const busyTimeoutMs = busyTimeoutMsOf(settings)
  const http1 = serveHttp1({ ...options, limits: { busyTimeoutMs }, allow })
  return { http1, http2: serveNodeHttp2(options, busyTimeoutMs) }
}

/** Longer than next hops may keep silent, both attempts counted: their timeouts have names, this one only cuts. */
const busyTimeoutMsOf = ({ connectTimeoutMs, firstByteTimeoutMs, bodyTimeoutMs }: EdgeSettings): number =>
  2 * (connectTimeoutMs + firstByteTimeoutMs) + bodyTimeoutMs

/** One next hop is enough to work. */
const healthOf = (members: readonly MemberStatus[]): Health => ({
  ready: members.some(({ state }) => state === 'healthy'),
  checks: checksOf(members),
})
