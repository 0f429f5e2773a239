/** Puts the web tier together: files, micro-cache, application servers, listener. */
import { CacheStore } from '@roundtrip/http-cache'
import { addressOf, type Component, type Surroundings } from '@roundtrip/service'
import { checksOf, upstreamFrom } from '@roundtrip/upstream'
import type { WebSettings } from './config.ts'
import { listen } from './listener.ts'
import { webPipeline } from './pipeline.ts'
import { createFileIndex } from './static/file-index.ts'

type WebSurroundings = Surroundings<WebSettings>

/** @throws RoundtripError `SETTINGS_INVALID` for a root that is no folder, or the error of `listen` */
export const startWeb = async ({ settings, log, instance }: WebSurroundings): Promise<Component> => {
  const { host, port, root, maxBodyBytes, cacheMaxBytes } = settings
  const bypass = { cookies: settings.cacheBypassCookies, fields: settings.cacheBypassFields }
  const files = await createFileIndex({ root })
  const upstream = upstreamFrom('app', settings, log)
  let draining = false
  const isDraining = (): boolean => draining
  const store = cacheMaxBytes === 0 ? undefined : new CacheStore({ maxBytes: cacheMaxBytes })
  const handler = webPipeline({
    instance,
    maxBodyBytes,
    answerTimeoutMs: settings.firstByteTimeoutMs,
    files,
    isDraining,
    store,
    bypass,
    forward: upstream.forward,
  })
  const listener = await listen({ host, port, handler, log, longestSilenceMs: longestSilenceMs(settings) })
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
      await store?.close()
      await upstream.close()
    },
  }
}

/** Of application servers, both attempts and the wait for a free connection counted. */
const longestSilenceMs = ({ connectTimeoutMs, firstByteTimeoutMs, bodyTimeoutMs }: WebSettings): number =>
  4 * (connectTimeoutMs + firstByteTimeoutMs) + bodyTimeoutMs
