/** The way of a request through the web tier, top to bottom: the first layer is the outermost. */
import {
  accessLog,
  bodyLimit,
  errorResponse,
  requestId,
  serverTiming,
  type HttpHandler,
  type NamedHttpLayer,
} from '@roundtrip/http'
import {
  cache,
  cacheStatusOfFailure,
  collapse,
  conditionalRange,
  type CacheSettings,
  type CacheStore,
} from '@roundtrip/http-cache'
import { compose } from '@roundtrip/pipeline'
import { deadline, retry } from '@roundtrip/upstream'
import { clientScheme } from './layers/client-scheme.ts'
import { forwarding } from './layers/forwarding.ts'
import { isHealthCheck, ownHealth } from './layers/own-health.ts'
import { serverOptions } from './layers/server-options.ts'
import type { FileIndex } from './static/file-index.ts'
import { staticFiles } from './static/static-files.ts'

export interface WebPipelineOptions {
  readonly instance: string
  readonly maxBodyBytes: number
  /** Longest time to the head of a response of the application, both attempts together. */
  readonly answerTimeoutMs: number
  readonly files: FileIndex
  readonly isDraining: () => boolean
  /** For answers of the application; none are kept without. */
  readonly store: CacheStore | undefined
  /** Whose requests go past them. */
  readonly bypass: Pick<CacheSettings['bypass'], 'cookies' | 'fields'>
  /** The terminal: chooses an application server. */
  readonly forward: HttpHandler
}

/** In Cache-Status. */
const cacheName = 'roundtrip-web'

export const webLayers = (options: Omit<WebPipelineOptions, 'forward'>): readonly NamedHttpLayer[] => {
  const { instance, maxBodyBytes, answerTimeoutMs, files, isDraining } = options
  return [
    // Around everything that answers: a client can quote the id of an error too.
    ['request-id', requestId()],
    // Around error-response: the line says what was sent.
    ['access-log', accessLog({ isNoise: isHealthCheck })],
    // Inside the log, around all work: the time it reports is the time until the head is ready.
    ['server-timing', serverTiming({ tier: 'web', instance })],
    // Whatever is thrown below becomes a response here.
    ['error-response', errorResponse({ complete: cacheStatusOfFailure(cacheName) })],
    // Before anything that could fail for another reason than this tier's own.
    ['own-health', ownHealth(isDraining)],
    // Before the layers that take the target for a path, which * is not.
    ['server-options', serverOptions()],
    // Outside retry, as content can be counted only once.
    ['body-limit', bodyLimit(maxBodyBytes)],
    // Files answer without the application; whatever is no file goes on.
    ['static-files', staticFiles({ files })],
    // Above the cache, which keeps what clients of one scheme get from those of the other.
    ['client-scheme', clientScheme()],
    ...microCache(options),
    // Only what is forwarded passes through us; outside retry, which must not name us twice.
    ['forwarding', forwarding()],
    // Around forward, which gives the second attempt to another member.
    ['retry', retry()],
    // Inside retry, which has less time left for each attempt; the edge says how much there is.
    ['deadline', deadline({ timeoutMs: () => answerTimeoutMs, heedsSender: true })],
  ]
}

const microCache = ({ store, bypass }: Pick<WebPipelineOptions, 'store' | 'bypass'>): readonly NamedHttpLayer[] => {
  if (store === undefined) return []
  const settings = { inner: true, maxObjectBytes: store.largestObjectBytes, bypass: { pathPrefixes: [], ...bypass } }
  return [
    // Above the cache: whole answers serve every range and condition, those that the edge asks with above all.
    ['conditional-range', conditionalRange()],
    ['cache', cache({ store, name: cacheName, settings })],
    // Directly below the cache: who misses the same at the same time goes once.
    ['collapse', collapse()],
  ]
}

export const webPipeline = ({ forward, ...options }: WebPipelineOptions): HttpHandler =>
  compose(webLayers(options), ['forward', forward])
