/** The way of a request through the edge, top to bottom: the first layer is the outermost. Each route has a list of its own. */
import type { RouteFigures } from '@roundtrip/metrics'
import { compose } from '@roundtrip/pipeline'
import {
  accessLog,
  bodyLimit,
  compress,
  errorResponse,
  requestId,
  securityHeaders,
  serverTiming,
  type BodyEncoder,
  type HttpHandler,
  type NamedHttpLayer,
} from '@roundtrip/http'
import { cache, cacheStatusOfFailure, collapse, conditionalRange, purge, type CacheStore } from '@roundtrip/http-cache'
import type { Limiter } from '@roundtrip/rate-limit'
import {
  balance,
  circuitBreaker,
  deadline,
  forward,
  hedge,
  hopByHop,
  retry,
  stick,
  type DeadlineOptions,
  type Pool,
} from '@roundtrip/upstream'
import { allowDeny } from './layers/allow-deny.ts'
import { clientAddress, type ClientAddressSettings } from './layers/client-address.ts'
import { forwarding } from './layers/forwarding.ts'
import { httpsRedirect } from './layers/https-redirect.ts'
import { loadShed } from './layers/load-shed.ts'
import type { LoadShedder } from './layers/load-shedder.ts'
import { rateLimit } from './layers/rate-limit.ts'
import { securityHeaderFields } from './layers/security-headers-settings.ts'
import { slowRequests, type SlowRequests } from './layers/slow-requests.ts'
import { upstreamLimit } from './layers/upstream-limit.ts'
import { validate } from './layers/validate.ts'
import { clientCertificateField, type ClientCertificateFieldOptions } from './tls/client-certificate-field.ts'
import type { AddressSet } from './addresses/address-set.ts'
import { measure } from './metrics/measure.ts'
import type { RouteSettings } from './settings/route-settings.ts'

/** What all routes of a process share. */
export interface SharedParts {
  readonly instance: string
  /** As clients reach it. */
  readonly publicHttpsPort: number
  /** Whether there is a listener without TLS. */
  readonly hasPlainListener: boolean
  /** What is asked of clients' certificates; undefined when they are asked for none. */
  readonly clientCertificates: ClientCertificateFieldOptions | undefined
  readonly accessLog: 'all' | 'errors' | 'none'
  /** Host names served; any when empty. */
  readonly hosts: readonly string[]
  readonly maxBodyBytes: number
  readonly slowRequestMs: number
  readonly clientAddress: ClientAddressSettings
  readonly purgeFrom: AddressSet
  readonly slow: SlowRequests
  readonly shedder: LoadShedder
  readonly limiter: Limiter
  readonly store: CacheStore
  readonly encoder: BodyEncoder
  /** Whether the certificate shown for one name is valid for another. */
  readonly sharesCertificate: (serverName: string, host: string) => boolean
}

export interface RouteParts {
  readonly settings: RouteSettings
  readonly pool: Pool
  readonly figures: RouteFigures
}

export const routeLayers = (
  shared: SharedParts,
  { settings, pool, figures }: RouteParts,
): readonly NamedHttpLayer[] => {
  const { instance, store, hosts } = shared
  return [
    // Around everything that answers: a client can quote the id of an error too. The next hop hears of it by forwarding.
    ['request-id', requestId({ tellsNextHop: false })],
    // Before all who ask who the client is, and whether it came by TLS.
    ['client-address', clientAddress(shared.clientAddress)],
    // With TLS client certificates only: what next hops believe of them must come from us.
    ...(shared.clientCertificates === undefined
      ? []
      : ([['client-certificate', clientCertificateField(shared.clientCertificates)]] as const)),
    // Around error-response: the line says what the client was sent.
    ['access-log', accessLog({ which: shared.accessLog })],
    ['slow-requests', slowRequests({ ring: shared.slow, slowRequestMs: shared.slowRequestMs })],
    // Inside the log, around all work: what is counted and told is the time until the head is ready.
    ['measure', measure(figures)],
    ['server-timing', serverTiming({ tier: 'edge', instance })],
    // Around error-response: browsers show errors too.
    ['security-headers', securityHeaders(securityHeaderFields(settings.securityHeaders, shared))],
    // Whatever is thrown below becomes a response here.
    ['error-response', errorResponse({ complete: cacheStatusOfFailure() })],
    // Before any work: what cannot be done in time is refused while that is still cheap.
    ['load-shed', loadShed({ shedder: shared.shedder, priority: settings.priority })],
    // The cheap refusals first, before anything is read or sent on; a redirect must not lend our name to other hosts.
    ['validate', validate({ ...settings.validate, hosts, sharesCertificate: shared.sharesCertificate })],
    ['https-redirect', httpsRedirect({ ...settings.httpsRedirect, publicHttpsPort: shared.publicHttpsPort })],
    ['access', allowDeny(settings.access)],
    ['rate-limit', rateLimit({ ...settings.rateLimit, route: settings.name, limiter: shared.limiter })],
    // After the refusals, as it begins to read; outside retry, as content can be counted only once.
    ['body-limit', bodyLimit(settings.maxBodyBytes ?? shared.maxBodyBytes)],
    // Above the cache, whose keys it works on, and below the checks of who asks.
    [
      'purge',
      purge({ store, isAllowed: (_request, { client }) => shared.purgeFrom.has(client), key: settings.cache.key }),
    ],
    // Above the cache, which keeps what the origin sent, and above ranges, which count its octets.
    ['compress', compress({ ...settings.compress, encoder: shared.encoder })],
    // Above the cache, which must not keep anybody's cookie.
    ['stick', stick(pool)],
    // Above the cache: whole responses serve every range and condition.
    ['conditional-range', conditionalRange()],
    ['cache', cache({ store, settings: settings.cache })],
    // Directly below the cache: who misses the same at the same time goes once.
    ['collapse', collapse()],
    // Below the cache: what is there is served, and what may be stale, however long the pool takes.
    [
      'upstream-limit',
      upstreamLimit({ shedder: shared.shedder, upstream: settings.pool, priority: settings.priority }),
    ],
    // Only what is forwarded passes through us; outside retry, which must not name us twice.
    ['forwarding', forwarding()],
    // Around balance, which gives the second attempt to another member.
    ['retry', retry(pool)],
    // Inside retry, which has less time left for each attempt; around hedge, whose attempts have the same.
    ['deadline', deadline(deadlineOf(pool))],
    ['hedge', hedge(pool)],
    ['balance', balance(pool)],
    // Per member: only now is one chosen.
    ['circuit-breaker', circuitBreaker(pool)],
    // Last, when no layer needs those fields any more.
    ['hop-by-hop', hopByHop()],
  ]
}

/** Twice the time of one attempt for all of them: when a member keeps silent there is as much for another one. */
const deadlineOf = (pool: Pool): DeadlineOptions => ({
  timeoutMs: () => pool.settings.timeouts.totalMs ?? 2 * pool.settings.timeouts.firstByteMs,
  attemptTimeoutMs: () => pool.settings.timeouts.firstByteMs,
  heedsSender: false,
})

export const routePipeline = (shared: SharedParts, route: RouteParts): HttpHandler =>
  compose(routeLayers(shared, route), ['forward', forward()])
