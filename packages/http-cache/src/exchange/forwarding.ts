/** The way to the origin and back: what is asked, what is kept of the answer, and what the client gets to see of it. */
import { Readable } from 'node:stream'
import type { Fields, HttpContext, HttpHandler, HttpRequest, HttpResponse } from '@roundtrip/http'
import { whenOver, type Answer } from '@roundtrip/pipeline'
import { answerFrom, hitFields } from '../answer.ts'
import type { CacheParts } from '../cache.ts'
import { forwardStatus, type Forward, type Forwarded } from '../cache-status.ts'
import { has, type Directives } from '../policy/directives.ts'
import { youngerThan } from '../policy/inner.ts'
import { isOriginError } from '../policy/reuse.ts'
import { isOfRequest } from '../policy/storability.ts'
import { dropSurrogateFields } from '../policy/stored-fields.ts'
import {
  conditionalFields,
  describesStored,
  freshened,
  freshenedHead,
  withoutConditions,
} from '../policy/validation.ts'
import type { StoredResponse } from '../stored-response.ts'
import { completingFields, completionFor, isMissingPart, isUseless, wholeFrom, type Completion } from './completion.ts'
import { DetachedContext } from './detached-context.ts'
import { CarryingRequest, Fetch, type Outcome } from './fetch.ts'
import { responseOf } from './outcome-response.ts'

export interface ForwardRequest {
  readonly request: HttpRequest
  readonly context: HttpContext
  readonly key: string
  readonly fwd: Forward
  /** What is stored and cannot be used without asking, or covers not enough. */
  readonly selected: StoredResponse | undefined
  readonly directives: Directives | undefined
}

/** A request on its way to the origin. */
interface Trip {
  readonly asked: ForwardRequest
  readonly fetch: Fetch
  /** As the origin gets it. */
  readonly request: CarryingRequest
}

/** A client that wants an answer from the origin itself, or a young one, does not get one that others asked for before. */
const insistsOnOrigin = (directives: Directives | undefined): boolean =>
  directives !== undefined && (has(directives, 'no-cache') || has(directives, 'no-store') || has(directives, 'max-age'))

/** Reasons that lie in the response, not in who asked for it, for what part, or when: the next one will be the same. */
const isLasting = ({ why, isFailure }: Extract<Outcome, { kind: 'passed' }>, { fields }: HttpRequest): boolean =>
  !isFailure &&
  !fields.has('range') &&
  why !== 'purged' &&
  why !== 'request-no-store' &&
  why !== 'authorization' &&
  why !== 'method'

export class Forwarding {
  readonly #parts: CacheParts
  readonly #next: HttpHandler

  constructor(parts: CacheParts, next: HttpHandler) {
    this.#parts = parts
    this.#next = next
  }

  forward(asked: ForwardRequest): Answer<HttpResponse> {
    const completion = completionFor(asked.request, asked.selected)
    return completion === undefined ? this.#forwardWhole(asked) : this.#complete(asked, completion)
  }

  #forwardWhole(asked: ForwardRequest): Answer<HttpResponse> {
    const { selected, context } = asked
    const trip = this.#prepare(asked, selected?.partial === undefined ? selected : undefined)
    return whenOver(this.#next, trip.request, context, this.#answered, this.#failed, trip)
  }

  readonly #answered = (response: HttpResponse, { asked, fetch, request }: Trip): Answer<HttpResponse> => {
    const { store, clock, settings } = this.#parts
    if (asked.request.method === 'HEAD' && response.status === 200) this.#learnFromHead(asked, fetch, response)
    const outcome = fetch.admit(response)
    if (outcome.kind === 'unmatched') {
      discard(response)
      return this.#forwardPlain(asked)
    }
    if (outcome.kind === 'stood-in') return this.#standInFor(response, asked, fetch, outcome.stored)
    if (
      outcome.kind === 'passed' &&
      request.method === 'GET' &&
      response.status !== 304 &&
      isLasting(outcome, request)
    ) {
      store.hitForMiss.remember(asked.key, clock() + settings.hitForMissMs)
    }
    return this.#finish(asked, fetch, response)
  }

  readonly #failed = async (error: unknown, { asked, fetch }: Trip): Promise<HttpResponse> => {
    const outcome = fetch.fail(error)
    const standIn = outcome?.kind === 'stood-in' ? await this.#standIn(asked, outcome.stored) : undefined
    if (standIn === undefined) throw error
    return standIn
  }

  async #standInFor(
    failure: HttpResponse,
    asked: ForwardRequest,
    fetch: Fetch,
    stored: StoredResponse,
  ): Promise<HttpResponse> {
    const standIn = await this.#standIn(asked, stored, fetch, failure)
    return standIn ?? this.#finish(asked, fetch, failure)
  }

  /** Asks the origin in the background whether a stale response still holds; once at a time. */
  revalidateBehind(stored: StoredResponse, request: HttpRequest, context: HttpContext): void {
    if (stored.isRevalidating) return
    stored.isRevalidating = true
    void this.#revalidate(stored, request, new DetachedContext(context, true)).finally(() => {
      stored.isRevalidating = false
    })
  }

  /** A POST, whose response may be stored for GET when it says so itself (RFC 9110 §9.3.3). */
  async post(
    request: HttpRequest,
    context: HttpContext,
    key: string,
    onResponse: (response: HttpResponse) => void,
  ): Promise<HttpResponse> {
    const response = await this.#next(request, context)
    onResponse(response)
    const asked: ForwardRequest = { request, context, key, fwd: 'method', selected: undefined, directives: undefined }
    if (!response.fields.has('content-location')) return this.#label(asked, response, {})
    const fetch = this.#fetch(request, key, undefined, [], false)
    fetch.admit(response)
    return this.#finish(asked, fetch, response)
  }

  async #revalidate(stored: StoredResponse, request: HttpRequest, context: HttpContext): Promise<void> {
    const plain = { ...request, method: 'GET', body: undefined }
    const asked: ForwardRequest = {
      request: plain,
      context,
      key: stored.key,
      fwd: 'stale',
      selected: stored,
      directives: undefined,
    }
    const prepared = this.#prepare(asked, stored)
    try {
      const response = await this.#next(prepared.request, context)
      // What a collapsing layer has admitted already belongs to all who wait for it.
      if (isOriginError(response.status) && prepared.fetch.outcome === undefined) {
        discard(response)
        return
      }
      const outcome = prepared.fetch.admit(response)
      // A reader of a body that others fetch would hold them back, for nobody reads it here.
      if (outcome.kind !== 'recording' || prepared.fetch.isCollapsed) discard(response)
      if (outcome.kind === 'recording') await outcome.recording.body.fate
    } catch (error) {
      context.log.debug({ error, url: stored.key }, 'a stale response could not be revalidated')
    } finally {
      prepared.fetch.end()
    }
  }

  #fetch(
    request: HttpRequest,
    key: string,
    selected: StoredResponse | undefined,
    variants: readonly StoredResponse[],
    isCollapsible: boolean,
    nowMs = this.#parts.clock(),
  ): Fetch {
    const { store, settings, clock } = this.#parts
    return new Fetch({ key, request, selected, variants, isCollapsible, store, settings, clock }, nowMs)
  }

  /** The request as the origin gets it, with its fetch. */
  #prepare(asked: ForwardRequest, validated: StoredResponse | undefined): Trip {
    const { request, key, directives, selected } = asked
    const { store, clock } = this.#parts
    const variants = store.variants(key)
    const isPart = validated === undefined && request.fields.has('range')
    const nowMs = clock()
    const isHopeless = store.hitForMiss.has(key, nowMs)
    const isCollapsible = request.method === 'GET' && !isPart && !isHopeless && !insistsOnOrigin(directives)
    // Where nothing is stored and nothing will be, the client's own conditions save more than ours could.
    const isTransparent = isPart || (isHopeless && variants.length === 0)
    const conditions = isTransparent ? [] : variants
    const fetch = this.#fetch(request, key, validated ?? selected, conditions, isCollapsible, nowMs)
    const fields = isTransparent
      ? request.fields.clone()
      : conditions.length > 0
        ? conditionalFields(request.fields, validated, conditions)
        : withoutConditions(request.fields)
    this.#askPastPurged(key, fields, nowMs)
    return { asked, fetch, request: new CarryingRequest(request, fields, fetch) }
  }

  /** What was purged here may still lie in a cache behind. */
  #askPastPurged(key: string, fields: Fields, nowMs = this.#parts.clock()): void {
    const purgedMs = this.#parts.store.recentPurges.lastOf(key, nowMs)
    if (purgedMs === undefined) return
    fields.append('cache-control', youngerThan(nowMs - purgedMs, fields.get('cache-control')))
  }

  /** Asks for what is missing of parts, and puts it between them for the client while it arrives. */
  async #complete(asked: ForwardRequest, completion: Completion): Promise<HttpResponse> {
    const { request, key, context } = asked
    const { stored } = completion
    const { settings, clock } = this.#parts
    const fetch = this.#fetch(request, key, stored, [], false)
    const fields = completingFields(request.fields, completion)
    this.#askPastPurged(key, fields)
    stored.isBeingCompleted = true
    try {
      const response = await this.#next({ ...request, fields }, context)
      const isPart = isMissingPart(response, completion)
      if (!isPart && isUseless(response)) {
        discard(response)
        return await this.#forwardPlain(asked)
      }
      const exchanged = { requestMs: fetch.requestMs, responseMs: clock() }
      const head = freshenedHead(stored, response.fields, exchanged, settings)
      const outcome = fetch.admit(response)
      if (!isPart) return await this.#finish(asked, fetch, response)
      const isRecorded = outcome.kind === 'recording'
      const whole = wholeFrom(completion, head, isRecorded ? outcome.recording.body.read() : response.body, clock())
      return this.#label(asked, whole, { fwdStatus: 206, stored: isRecorded || outcome.kind === 'stored' })
    } finally {
      stored.isBeingCompleted = false
      if (fetch.outcome?.kind !== 'recording') fetch.end()
    }
  }

  /** A 304 that speaks of nothing we have: the same again without conditions. */
  async #forwardPlain(asked: ForwardRequest): Promise<HttpResponse> {
    const { request, key, context } = asked
    const fetch = this.#fetch(request, key, undefined, [], false)
    const fields = withoutConditions(request.fields)
    this.#askPastPurged(key, fields)
    try {
      const response = await this.#next({ ...request, fields }, context)
      fetch.admit(response)
      return await this.#finish(asked, fetch, response)
    } catch (error) {
      fetch.end()
      throw error
    }
  }

  /** What HEAD says of a stored response to GET (RFC 9111 §4.3.5). */
  #learnFromHead({ selected, request }: ForwardRequest, fetch: Fetch, response: HttpResponse): void {
    if (selected === undefined || selected.partial !== undefined) return
    const { store, settings, clock } = this.#parts
    if (!describesStored(selected, response.fields)) {
      store.remove(selected)
      return
    }
    const exchanged = { requestMs: fetch.requestMs, responseMs: clock() }
    const { head, objection, isVariantOfSame } = freshened(selected, response.fields, exchanged, request, settings)
    if (objection === undefined && isVariantOfSame) {
      if (!fetch.isOvertaken(head)) store.update(selected, head)
    } else if (objection === undefined || !isOfRequest(objection)) store.remove(selected)
  }

  /** A stale response in place of a failure; of one that a leader has met when the fetch was collapsed. */
  async #standIn(
    asked: ForwardRequest,
    stored: StoredResponse,
    fetch?: Fetch,
    failure?: HttpResponse,
  ): Promise<HttpResponse | undefined> {
    const { store, clock, name } = this.#parts
    const isCollapsed = fetch?.isCollapsed === true
    const fwdStatus = isCollapsed ? undefined : failure?.status
    const status = forwardStatus(name, { fwd: 'stale', fwdStatus, collapsed: isCollapsed, detail: 'stale-if-error' })
    const answer = await answerFrom(stored, asked.request, hitFields(stored, name, clock(), status), store)
    if (answer === undefined) return undefined
    if (failure !== undefined) discard(failure)
    store.counters.staleHits++
    asked.context.facts['cache'] = 'stale-if-error'
    return answer
  }

  #finish(asked: ForwardRequest, fetch: Fetch, response: HttpResponse): Answer<HttpResponse> {
    const seen = fetch.isCollapsed ? response : this.#seenOf(asked, fetch, response)
    const { status } = response
    return seen instanceof Promise
      ? seen.then((shown) => this.#labelFetched(asked, fetch, shown, status))
      : this.#labelFetched(asked, fetch, seen, status)
  }

  /** What the one who asked gets: the stored response after a 304, else what came, read along where it is recorded. */
  #seenOf(
    { request }: ForwardRequest,
    { outcome }: Fetch,
    response: HttpResponse,
  ): HttpResponse | Promise<HttpResponse> {
    if (outcome?.kind === 'recording') return { ...response, body: outcome.recording.body.read() }
    if ((outcome?.kind !== 'stored' && outcome?.kind !== 'own') || response.status !== 304) return response
    return responseOf(outcome, request, this.#parts).then((stored) => stored ?? response)
  }

  #labelFetched(
    asked: ForwardRequest,
    { outcome, isCollapsed }: Fetch,
    seen: HttpResponse,
    fwdStatus: number,
  ): HttpResponse {
    const stored = outcome?.kind === 'stored' || (outcome?.kind === 'recording' && outcome.recording.body.isJoinable)
    const why = outcome?.kind === 'passed' || outcome?.kind === 'own' ? outcome.why : undefined
    const detail = why === 'method' ? undefined : why
    return this.#label(asked, seen, { fwdStatus, stored, collapsed: isCollapsed, detail })
  }

  #label(
    { fwd }: ForwardRequest,
    response: HttpResponse,
    { fwdStatus = response.status, stored, collapsed, detail }: Omit<Forwarded, 'fwd'>,
  ): HttpResponse {
    const { name, settings } = this.#parts
    dropSurrogateFields(response.fields, settings)
    response.fields.append('cache-status', forwardStatus(name, { fwd, fwdStatus, stored, collapsed, detail }))
    return response
  }
}

/** A body nobody will read; it may still fail, which must not bring the process down. */
const discard = ({ body }: HttpResponse): void => {
  if (body instanceof Readable) body.on('error', () => undefined).destroy()
}
