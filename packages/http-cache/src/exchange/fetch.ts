/** One request to the origin on behalf of the cache, and what its response turned out to be good for. */
import { Readable } from 'node:stream'
import { RoundtripError } from '@roundtrip/errors'
import { Fields, RequestCopy, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import { areOfOne, combine, contentRangeOf, type ContentRange } from '../policy/partial.ts'
import { parseDirectives, type Directives } from '../policy/directives.ts'
import { policyOf, type ResponsePolicy } from '../policy/freshness.ts'
import { isOriginError, isReplacement, mayStandIn } from '../policy/reuse.ts'
import { matches, selectingValues, varyNames } from '../policy/selection.ts'
import { isOfRequest, whyForbidden, whyNotStorable, type Unstorable } from '../policy/storability.ts'
import { freshened, freshenedBy, freshenedHead } from '../policy/validation.ts'
import type { CacheSettings } from '../settings.ts'
import type { CacheStore } from '../store/cache-store.ts'
import { headOf, StoredResponse, type Head } from '../stored-response.ts'
import { SharedBody } from './shared-body.ts'

/** A response whose content is still arriving, on its way into the store. */
export interface Recording {
  readonly varyNames: readonly string[]
  readonly varyValues: readonly string[]
  readonly head: Head
  /** Of a 206. */
  readonly range: ContentRange | undefined
  readonly body: SharedBody
}

/**
 * - `stored`: content and all, or an older one that a 304 has freshened
 * - `recording`: it will be, when its content has come to a good end
 * - `passed`: it is for the one who asked
 * - `own`: a 304 that is for the one who asked, with what it speaks of as it is for nobody else
 * - `stood-in`: the origin failed, and a stale response takes the place of its answer (RFC 5861 §4)
 * - `unmatched`: a 304 for something that is not stored; the origin must be asked again, without conditions
 */
export type Outcome =
  | { readonly kind: 'stored'; readonly stored: StoredResponse }
  | { readonly kind: 'recording'; readonly recording: Recording }
  | {
      readonly kind: 'passed'
      readonly why: Unstorable | 'purged' | 'room' | 'fetch'
      /** The origin has failed: the next answer may well be another. */
      readonly isFailure: boolean
    }
  | { readonly kind: 'own'; readonly stored: StoredResponse; readonly why: Unstorable }
  | { readonly kind: 'stood-in'; readonly stored: StoredResponse }
  | { readonly kind: 'unmatched' }

export interface FetchOptions {
  readonly key: string
  readonly request: HttpRequest
  /** What is asked to be validated, or what parts are to be added to. */
  readonly selected: StoredResponse | undefined
  /** Those a 304 may speak of; none when the client's own conditions went along: it is then for the client. */
  readonly variants: readonly StoredResponse[]
  /** Whether others may wait for its response, or it for that of others. */
  readonly isCollapsible: boolean
  readonly store: CacheStore
  readonly settings: CacheSettings
  readonly clock: () => number
}

/** A request on its way to the origin, and the fetch that it carries. */
export class CarryingRequest extends RequestCopy {
  readonly fetch: Fetch

  constructor(request: HttpRequest, fields: Fields, fetch: Fetch) {
    super(request, fields)
    this.fetch = fetch
  }
}

export class Fetch {
  readonly options: FetchOptions
  readonly requestMs: number
  outcome: Outcome | undefined
  /** Whether the response is one that somebody else asked for. */
  isCollapsed = false
  readonly #began: number
  #isEnded = false

  constructor(options: FetchOptions, nowMs: number) {
    this.options = options
    this.requestMs = nowMs
    this.#began = options.store.journal.begin()
  }

  /** Decides, once, what becomes of the response. */
  admit(response: HttpResponse): Outcome {
    this.outcome ??= this.#admit(response)
    if (this.outcome.kind !== 'recording') this.end()
    return this.outcome
  }

  /** The origin could not be asked. @returns a stale response that may stand in */
  fail(error: unknown): Outcome | undefined {
    this.end()
    const isUnreachable = error instanceof RoundtripError && error.source === 'upstream'
    return isUnreachable ? (this.outcome ??= this.#standIn(true)) : undefined
  }

  /** Takes over what came of a fetch of the same by somebody else. */
  adopt(outcome: Outcome): void {
    this.outcome = outcome
    this.isCollapsed = true
    this.options.store.counters.collapsed++
    this.end()
  }

  /** Whether a purge that came after it began means its response: nobody who came after the purge may have it. */
  isOvertaken({ surrogateKeys }: Head): boolean {
    return this.options.store.journal.isOvertaken(this.#began, this.options.key, surrogateKeys)
  }

  /** It failed, or all has come of it that will. */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.options.store.journal.end()
  }

  #admit(response: HttpResponse): Outcome {
    const { request, variants } = this.options
    if (response.status === 304 && variants.length > 0) return this.#freshen(response)
    const standIn = isOriginError(response.status) ? this.#standIn(false) : undefined
    if (standIn !== undefined) return standIn
    if (request.method === 'HEAD') return { kind: 'passed', why: 'method', isFailure: false }
    const requestDirectives = parseDirectives(request.fields.get('cache-control'))
    const policy = policyOf(response.fields)
    if (request.method === 'GET') {
      const forbidden = whyForbidden(response.status, policy, requestDirectives)
      if (forbidden !== undefined) return this.#pass(forbidden, response.status)
    }
    const head = this.#headOf(response)
    const why = this.#refusal(response, head, policy, requestDirectives)
    return why === undefined ? this.#keep(response, head) : this.#pass(why, response.status)
  }

  #pass(why: Unstorable | 'purged' | 'room', status: number): Outcome {
    this.options.store.counters.refuse(why)
    if (!isOfRequest(why)) this.#forgetReplaced(status)
    return { kind: 'passed', why, isFailure: isOriginError(status) }
  }

  /** What was to be validated and is not what the origin has any more (RFC 9111 §4.3.3): nobody is to get it stale. */
  #forgetReplaced(status: number): void {
    const { request, selected, variants, store } = this.options
    const isNominated = selected !== undefined && selected.partial === undefined && variants.includes(selected)
    if (isNominated && request.method === 'GET' && isReplacement(status)) store.remove(selected)
  }

  #standIn(unreachable: boolean): Outcome | undefined {
    const { selected, clock, settings, request } = this.options
    if (selected === undefined || selected.partial !== undefined) return undefined
    const directives = settings.honourRequestDirectives
      ? parseDirectives(request.fields.get('cache-control'))
      : undefined
    const standsIn = mayStandIn(selected, unreachable, directives, clock(), settings)
    return standsIn ? { kind: 'stood-in', stored: selected } : undefined
  }

  #headOf({ status, fields }: HttpResponse): Head {
    const { settings, clock } = this.options
    const exchanged = { requestMs: this.requestMs, responseMs: clock() }
    const before = status === 206 ? this.#partsBefore(fields) : undefined
    // A 206 need not repeat what those who sent If-Range have been told (RFC 9110 §15.3.7, §15.3.7.3).
    return before === undefined
      ? headOf(status, fields, exchanged, settings)
      : freshenedHead(before, fields, exchanged, settings)
  }

  #partsBefore(fields: Fields): StoredResponse | undefined {
    const { selected } = this.options
    const isOfSame = selected?.partial !== undefined && areOfOne(selected.head, { etag: fields.get('etag') })
    return isOfSame ? selected : undefined
  }

  #refusal(
    { status, fields }: HttpResponse,
    head: Head,
    policy: ResponsePolicy,
    requestDirectives: Directives,
  ): Unstorable | 'purged' | undefined {
    const { request, settings } = this.options
    const { freshness } = head.lifetime
    const candidate = { request, requestDirectives, status, fields, policy, freshness }
    const why = whyNotStorable(candidate, settings)
    if (why !== undefined) return why
    if (status === 206 && contentRangeOf(fields) === undefined) return 'content-range'
    // Nobody has the fields that it leaves out.
    if (status === 206 && request.fields.has('if-range') && this.#partsBefore(fields) === undefined) return 'range'
    return this.isOvertaken(head) ? 'purged' : undefined
  }

  /** A 304 brings what is stored up to date (RFC 9111 §4.3.4). */
  #freshen(response: HttpResponse): Outcome {
    const { selected, variants, store, settings, clock, key, request } = this.options
    const meant = freshenedBy(response.fields, selected, variants)
    const fits =
      meant !== undefined &&
      (meant === selected || matches(request.fields, meant.varyNames, meant.varyValues, settings))
    if (meant === undefined) return { kind: 'unmatched' }
    const exchanged = { requestMs: this.requestMs, responseMs: clock() }
    const { head, objection, isVariantOfSame } = freshened(meant, response.fields, exchanged, request, settings)
    if (objection !== undefined) return this.#keepFromOthers(meant, head, objection)
    if (!isVariantOfSame) {
      store.remove(meant)
      return { kind: 'unmatched' }
    }
    if (!this.isOvertaken(head)) store.update(meant, head)
    // Parts are fresh again, but nothing that a request for the whole could be answered with.
    if (meant.partial !== undefined) return { kind: 'unmatched' }
    if (fits) return { kind: 'stored', stored: meant }
    // The origin says that another variant answers this request as well: it is stored under this one's values too.
    const names = varyNames(Fields.adopt([...head.flat]))
    const twin = new StoredResponse(key, names, selectingValues(request.fields, names, settings), head, meant.body)
    if (meant.body instanceof Uint8Array) store.put(twin)
    return { kind: 'stored', stored: twin }
  }

  /** Removed, unless what forbids to keep it lies in this request alone: then it stays as it was. */
  #keepFromOthers(meant: StoredResponse, head: Head, why: Unstorable): Outcome {
    const { store, key } = this.options
    const { body } = meant
    store.counters.refuse(why)
    if (!isOfRequest(why)) store.remove(meant)
    // Parts answer no request for the whole, and what lies on disk has gone from there.
    if (body === undefined || (!(body instanceof Uint8Array) && !isOfRequest(why))) return { kind: 'unmatched' }
    return { kind: 'own', stored: new StoredResponse(key, meant.varyNames, meant.varyValues, head, body), why }
  }

  #keep(response: HttpResponse, head: Head): Outcome {
    const { request, settings, store, clock } = this.options
    const names = varyNames(response.fields)
    const values = selectingValues(request.fields, names, settings)
    const range = response.status === 206 ? contentRangeOf(response.fields) : undefined
    const kept = { varyNames: names, varyValues: values, head, range }
    if (response.body instanceof Readable) {
      const body = this.#record(response.body, response.fields)
      const recording = { ...kept, body }
      void body.fate.then((fate) => {
        if (fate.kind === 'whole') this.#commit(recording, fate.bytes)
        else store.counters.refuse(fate.kind)
        if (fate.kind === 'too-large' || fate.kind === 'room') this.#forgetReplaced(response.status)
        if (fate.kind === 'too-large') store.hitForMiss.remember(this.options.key, clock() + settings.hitForMissMs)
        this.end()
      })
      return { kind: 'recording', recording }
    }
    const bytes = typeof response.body === 'string' ? Buffer.from(response.body) : response.body
    if ((bytes?.byteLength ?? 0) > settings.maxObjectBytes) return this.#pass('too-large', response.status)
    const stored = this.#storedFrom(kept, bytes ?? new Uint8Array())
    if (stored === undefined || !store.put(stored)) return this.#pass('room', response.status)
    store.hitForMiss.forget(this.options.key)
    return { kind: 'stored', stored }
  }

  #record(source: Readable, fields: Fields): SharedBody {
    const { settings, store } = this.options
    const announced = fields.get('content-length')
    return new SharedBody(source, {
      maxBytes: settings.maxObjectBytes,
      announcedBytes: announced === undefined ? undefined : Number(announced),
      room: store.recordings,
      clock: this.options.clock,
    })
  }

  /** The content has come in whole; a purge may have come before its end. */
  #commit(recording: Recording, bytes: Uint8Array): void {
    const { key, store } = this.options
    if (this.isOvertaken(recording.head)) {
      store.counters.refuse('purged')
      return
    }
    // Others may have asked later, and have had all of it before.
    const other = store.sameVariant(key, recording.varyNames, recording.varyValues)
    if (other !== undefined && other.head.lifetime.exchanged.requestMs > this.requestMs) return
    const stored = this.#storedFrom(recording, bytes)
    if (stored !== undefined && store.put(stored)) store.hitForMiss.forget(key)
    else this.#pass('room', recording.head.status)
  }

  #storedFrom(
    { varyNames: names, varyValues: values, head, range }: Omit<Recording, 'body'>,
    bytes: Uint8Array,
  ): StoredResponse | undefined {
    const { key, store } = this.options
    if (range === undefined) return new StoredResponse(key, names, values, withLength(head, bytes), bytes)
    const before = store.sameVariant(key, names, values)
    // Others may have brought the whole meanwhile.
    if (before !== undefined && before.partial === undefined && areOfOne(before.head, head)) return undefined
    return combine({ key, varyNames: names, varyValues: values, head, range, bytes }, before)
  }
}

/** Content-Length as it is, so that HEAD can be answered from what is stored (RFC 9110 §8.6); none where there is no content. */
const withLength = (head: Head, bytes: Uint8Array): Head => {
  if (head.status === 204) return head
  const fields = Fields.adopt([...head.flat])
  return { ...head, flat: fields.set('content-length', bytes.byteLength).flat }
}
