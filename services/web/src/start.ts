/** Puts the web tier together: files, application servers, listener. */
import { addressOf, type Component, type Surroundings } from '@roundtrip/service'
import { createUpstream, type MemberStatus, type Upstream } from '@roundtrip/upstream'
import type { WebSettings } from './config.ts'
import { listen } from './listener.ts'
import { webPipeline } from './pipeline.ts'
import { createFileIndex } from './static/file-index.ts'

type WebSurroundings = Surroundings<WebSettings>

/** @throws RoundtripError `SETTINGS_INVALID` for a root that is no folder, or the error of `listen` */
export const startWeb = async ({ settings, log, instance }: WebSurroundings): Promise<Component> => {
  const { host, port, root, maxBodyBytes } = settings
  const files = await createFileIndex({ root })
  const upstream = upstreamOf(settings, log)
  let draining = false
  const isDraining = (): boolean => draining
  const handler = webPipeline({ instance, maxBodyBytes, files, isDraining, forward: upstream.forward })
  const listener = await listen({ host, port, handler, log })
  upstream.start()
  return {
    listeners: { http: addressOf(listener.server) },
    // Files are served without any application server, so none is needed to be ready.
    health: async () => ({ ready: true, checks: checksOf(upstream.members()) }),
    drain: async () => {
      draining = true
      await listener.drain()
      await upstream.drain()
    },
    close: async () => {
      listener.close()
      await upstream.close()
    },
  }
}

const upstreamOf = (settings: WebSettings, log: WebSurroundings['log']): Upstream =>
  createUpstream({
    name: 'app',
    members: settings.upstreams,
    healthCheck: {
      path: settings.healthCheckPath,
      intervalMs: settings.healthCheckIntervalMs,
      timeoutMs: settings.healthCheckTimeoutMs,
      rise: settings.healthCheckRise,
      fall: settings.healthCheckFall,
    },
    connectTimeoutMs: settings.connectTimeoutMs,
    firstByteTimeoutMs: settings.firstByteTimeoutMs,
    bodyTimeoutMs: settings.bodyTimeoutMs,
    log,
  })

const checksOf = (members: readonly MemberStatus[]): Record<string, string> =>
  Object.fromEntries(
    members.map(({ name, state, reason }) => [name, state === 'healthy' ? state : `${state}: ${reason}`]),
  )
