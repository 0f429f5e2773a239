/** The shared cache as a layer (RFC 9111): answers from the store, or forwards, stores, validates and invalidates. */
import { RoundtripError } from '@roundtrip/errors'
import {
  problemResponse,
  type HttpContext,
  type HttpHandler,
  type HttpLayer,
  type HttpRequest,
  type HttpResponse,
} from '@roundtrip/http'
import type { Answer } from '@roundtrip/pipeline'
import { answerFrom, hitFields } from './answer.ts'
import { keyBy, type KeyOf } from './cache-key.ts'
import { defaultCacheName, forwardStatus, type Forward } from './cache-status.ts'
import { Forwarding } from './exchange/forwarding.ts'
import { has, parseDirectives, type Directives } from './policy/directives.ts'
import { invalidatedUrls, invalidates, isUnsafe } from './policy/invalidation.ts'
import { judge } from './policy/reuse.ts'
import { dropSurrogateFields } from './policy/stored-fields.ts'
import { isKeptFromCaches, traitsOf, whyBypassed } from './request-traits.ts'
import { defaultCacheSettings, type CacheSettings } from './settings.ts'
import type { CacheStore } from './store/cache-store.ts'
import type { StoredResponse } from './stored-response.ts'

export interface CacheOptions {
  /** Shared by the routes of a process. */
  readonly store: CacheStore
  /** Those left out are as `defaultCacheSettings`. */
  readonly settings?: Partial<CacheSettings>
  /** Names this cache in Cache-Status; a structured-field token, `roundtrip-edge` by default. */
  readonly name?: string
  /** Milliseconds since the epoch; `Date.now` by default. */
  readonly clock?: () => number
}

/** What a layer works with, its defaults filled in. */
export interface CacheParts {
  readonly store: CacheStore
  readonly settings: CacheSettings
  readonly name: string
  readonly clock: () => number
  readonly keyOf: KeyOf
}

export const partsOf = ({
  store,
  settings = {},
  name = defaultCacheName,
  clock = Date.now,
}: CacheOptions): CacheParts => {
  const complete = { ...defaultCacheSettings, ...settings }
  // Known from the announced length, what the store would refuse is not recorded in vain.
  complete.maxObjectBytes = Math.min(complete.maxObjectBytes, store.largestObjectBytes)
  return { store, settings: complete, name, clock, keyOf: keyBy(complete.key) }
}

/**
 * Leaves `cache` in the context's facts: `hit`, or why the request was forwarded.
 *
 * @throws what the layers below throw, unless a stored response may stand in
 */
export const cache = (options: CacheOptions): HttpLayer => {
  const parts = partsOf(options)
  return (next) => new CacheLayer(parts, next).handle
}

class CacheLayer {
  readonly #parts: CacheParts
  readonly #next: HttpHandler
  readonly #forwarding: Forwarding

  constructor(parts: CacheParts, next: HttpHandler) {
    this.#parts = parts
    this.#next = next
    this.#forwarding = new Forwarding(parts, next)
  }

  /** Without `async`, so that a hit costs no promise. */
  readonly handle: HttpHandler = (request, context) => {
    const { method } = request
    if (method !== 'GET' && method !== 'HEAD') return this.#write(request, context)
    const traits = traitsOf(request)
    const bypass = whyBypassed(request, traits, this.#parts.settings)
    if (bypass !== undefined) return this.#pass(request, context, 'bypass', bypass)
    const directives = this.#directivesOf(traits.cacheControl)
    const { store, settings, keyOf } = this.#parts
    const key = keyOf(request)
    const variants = store.variants(key)
    const selected = store.select(variants, request.fields, settings)
    if (selected === undefined) {
      return this.#miss(request, context, key, variants.length === 0 ? 'uri-miss' : 'vary-miss', directives)
    }
    return this.#reuse(request, context, selected, directives)
  }

  #directivesOf(cacheControl: string | undefined): Directives | undefined {
    if (cacheControl === undefined || !this.#parts.settings.honourRequestDirectives) return undefined
    return parseDirectives(cacheControl)
  }

  #reuse(
    request: HttpRequest,
    context: HttpContext,
    selected: StoredResponse,
    directives: Directives | undefined,
  ): Answer<HttpResponse> {
    const { store, settings, clock, name } = this.#parts
    const nowMs = clock()
    const { reuse, why } = judge(selected, directives, nowMs, settings)
    if (reuse === 'validate') {
      const forward = selected.partial === undefined ? (why ?? 'stale') : 'partial'
      return this.#miss(request, context, selected.key, forward, directives, selected)
    }
    const answer = answerFrom(selected, request, hitFields(selected, name, nowMs), store)
    if (answer === undefined) return this.#miss(request, context, selected.key, 'partial', directives, selected)
    store.touch(selected)
    if (reuse === 'fresh') store.counters.hits++
    else store.counters.staleHits++
    context.facts['cache'] = 'hit'
    if (reuse === 'revalidate-behind') this.#forwarding.revalidateBehind(selected, request, context)
    if (!(answer instanceof Promise)) return answer
    return answer.then((response) => response ?? this.#miss(request, context, selected.key, 'uri-miss', directives))
  }

  #miss(
    request: HttpRequest,
    context: HttpContext,
    key: string,
    fwd: Exclude<Forward, 'method' | 'bypass' | 'miss'>,
    directives: Directives | undefined,
    selected?: StoredResponse,
  ): Answer<HttpResponse> {
    const { store, clock } = this.#parts
    store.counters.miss(clock(), key, fwd)
    context.facts['cache'] = fwd
    if (directives !== undefined && has(directives, 'only-if-cached')) {
      return this.#notInCache(context, fwd)
    }
    return this.#forwarding.forward({ request, context, key, fwd, selected, directives })
  }

  /** RFC 9111 §5.2.1.7. */
  #notInCache(context: HttpContext, fwd: Forward): HttpResponse {
    const response = problemResponse(new RoundtripError('NOT_IN_CACHE'), context.requestId)
    response.fields.append('cache-status', forwardStatus(this.#parts.name, { fwd, detail: 'only-if-cached' }))
    return response
  }

  /** What the cache has no part in, but to say so. */
  async #pass(
    request: HttpRequest,
    context: HttpContext,
    fwd: 'method' | 'bypass',
    detail?: string,
  ): Promise<HttpResponse> {
    const { store, clock, name, keyOf, settings } = this.#parts
    store.counters.miss(clock(), keyOf(request), fwd, detail)
    context.facts['cache'] = fwd
    if (isKeptFromCaches(detail)) request.fields.append('cache-control', 'no-cache, no-store')
    const response = await this.#next(request, context)
    dropSurrogateFields(response.fields, settings)
    response.fields.append('cache-status', forwardStatus(name, { fwd, fwdStatus: response.status, detail }))
    return response
  }

  /** Anything but GET and HEAD goes through; what it has changed must be asked for anew (RFC 9111 §4.4). */
  async #write(request: HttpRequest, context: HttpContext): Promise<HttpResponse> {
    const { store, keyOf, settings } = this.#parts
    const storable = request.method === 'POST' && settings.enabled
    if (!storable) {
      const response = await this.#pass(request, context, 'method')
      this.#invalidate(request, response)
      return response
    }
    store.counters.miss(this.#parts.clock(), keyOf(request), 'method')
    context.facts['cache'] = 'method'
    const onResponse = (response: HttpResponse): void => this.#invalidate(request, response)
    return this.#forwarding.post(request, context, keyOf(request), onResponse)
  }

  #invalidate(request: HttpRequest, response: HttpResponse): void {
    if (!isUnsafe(request.method) || !invalidates(response.status)) return
    const { store, keyOf } = this.#parts
    const urls = invalidatedUrls(request, response.fields)
    for (const url of urls) {
      const target = url.slice(url.indexOf('/', url.indexOf('://') + 3))
      store.purge({ url: keyOf({ scheme: request.scheme, authority: request.authority, target }) })
    }
  }
}
