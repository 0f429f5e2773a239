/** Puts the edge together: certificate, next hops, listeners. */
import type { Component, Health, Surroundings } from '@roundtrip/service'
import { checksOf, upstreamFrom, type MemberStatus } from '@roundtrip/upstream'
import type { EdgeSettings } from './config.ts'
import { listenHttp, listenHttps, type Listener, type ListenOptions } from './listener.ts'
import { edgePipeline, redirectPipeline } from './pipeline.ts'
import { loadTls } from './tls.ts'

type EdgeSurroundings = Surroundings<EdgeSettings>

/** @throws RoundtripError `SETTINGS_INVALID` for a certificate that cannot be used, or the error of `listen` */
export const startEdge = async ({ settings, log, instance }: EdgeSurroundings): Promise<Component> => {
  const tls = loadTls(settings)
  const upstream = upstreamFrom('web', settings, log)
  const common = { host: settings.host, busyTimeoutMs: busyTimeoutMs(settings), sampling: settings.serverTiming, log }
  const https = await listenHttps(
    {
      ...common,
      port: settings.httpsPort,
      handlerFor: (boundPort) => {
        const publicHttpsPort = settings.publicHttpsPort ?? boundPort
        return edgePipeline({ settings, instance, publicHttpsPort, forward: upstream.forward })
      },
    },
    tls,
  )
  const http = await listenForRedirects(settings, common, https)
  upstream.start()
  const listeners = [https, ...(http === undefined ? [] : [http])]
  return {
    listeners: { https: https.address, ...(http !== undefined && { http: http.address }) },
    health: async () => healthOf(upstream.members()),
    drain: async () => {
      await Promise.all(listeners.map((listener) => listener.drain()))
      await upstream.drain()
    },
    close: async () => {
      for (const listener of listeners) listener.close()
      await upstream.close()
    },
  }
}

/** Longer than next hops may keep silent, both attempts counted: their timeouts have names, this one only cuts. */
const busyTimeoutMs = ({ connectTimeoutMs, firstByteTimeoutMs, bodyTimeoutMs }: EdgeSettings): number =>
  2 * (connectTimeoutMs + firstByteTimeoutMs) + bodyTimeoutMs

const listenForRedirects = async (
  settings: EdgeSettings,
  common: Pick<ListenOptions, 'host' | 'busyTimeoutMs' | 'log'>,
  https: Listener,
): Promise<Listener | undefined> => {
  if (settings.httpPort === undefined) return undefined
  try {
    const handler = redirectPipeline(settings, settings.publicHttpsPort ?? https.port)
    return await listenHttp({ ...common, port: settings.httpPort, handlerFor: () => handler })
  } catch (error) {
    https.close()
    throw error
  }
}

/** One next hop is enough to work. */
const healthOf = (members: readonly MemberStatus[]): Health => ({
  ready: members.some(({ state }) => state === 'healthy'),
  checks: checksOf(members),
})
