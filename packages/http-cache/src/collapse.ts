/** Request collapsing: one request to the origin for all who want the same at the same time (RFC 9111 §4, RFC 9211 §2.6). */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpContext, HttpHandler, HttpLayer, HttpResponse } from '@roundtrip/http'
import { DetachedContext } from './exchange/detached-context.ts'
import { carried, type CarryingRequest, type Fetch, type Outcome, type Recording } from './exchange/fetch.ts'
import { responseOf } from './exchange/outcome-response.ts'
import { matches, selectingValues } from './policy/selection.ts'

type End = { readonly kind: 'outcome'; readonly outcome: Outcome } | { readonly kind: 'failed' }

/** Leaders that may fail before a request stops waiting for others and goes by itself. */
const mostFailures = 2

/** A request on its way for everybody who waits for it. */
class Flight {
  readonly end: Promise<End>
  readonly settle: (end: End) => void
  readonly #abort: () => void
  #waiting = 0

  constructor(abort: () => void) {
    const { promise, resolve } = Promise.withResolvers<End>()
    this.end = promise
    this.settle = resolve
    this.#abort = abort
  }

  /** One more waits; nobody left waiting calls the request off. @returns ends the wait */
  join(context: HttpContext, onGone: () => void): () => void {
    this.#waiting++
    let isWaiting = true
    context.onAbandoned(() => {
      if (!isWaiting) return
      isWaiting = false
      this.#waiting--
      if (this.#waiting === 0) this.#abort()
      onGone()
    })
    return () => {
      isWaiting = false
    }
  }
}

/**
 * Stands right below `cache`. Requests that the cache does not store for, or that must reach the origin, pass.
 * A leader that fails, or whose client leaves, fails nobody else: while others wait its request goes on, and when it
 * fails another leads.
 */
export const collapse = (): HttpLayer => (next) => {
  const collapser = new Collapser(next)
  return (request: CarryingRequest, context) => {
    const fetch = request[carried]
    return fetch?.options.isCollapsible === true ? collapser.run(request, context, fetch) : next(request, context)
  }
}

class Collapser {
  readonly #next: HttpHandler
  readonly #flights = new Map<string, Flight>()

  constructor(next: HttpHandler) {
    this.#next = next
  }

  async run(request: CarryingRequest, context: HttpContext, fetch: Fetch): Promise<HttpResponse> {
    let name = flightName(fetch, fetch.options.store.variants(fetch.options.key)[0]?.varyNames ?? [])
    for (let failures = 0; failures < mostFailures;) {
      const flight = this.#flights.get(name)
      if (flight === undefined) return this.#lead(name, request, context, fetch)
      const end = await follow(flight, context)
      if (end.kind === 'failed' || end.outcome.kind === 'unmatched') {
        failures++
        continue
      }
      if (end.outcome.kind === 'passed') break
      const shared = await share(end.outcome, fetch)
      if (shared !== undefined) return shared
      const other = flightName(fetch, varyOf(end.outcome))
      // Of the same name and yet of no use, e.g. grown too large to be read along from its beginning.
      if (other === name) break
      name = other
    }
    return this.#next(request, context)
  }

  async #lead(name: string, request: CarryingRequest, context: HttpContext, fetch: Fetch): Promise<HttpResponse> {
    const detached = new DetachedContext(context, false)
    const flight = new Flight(() => detached.abort(new RoundtripError('CLIENT_CLOSED_REQUEST')))
    this.#flights.set(name, flight)
    const land = (): void => void this.#flights.delete(name)
    const stay = flight.join(context, () => undefined)
    try {
      const response = await this.#next(request, detached)
      const outcome = fetch.admit(response)
      flight.settle({ kind: 'outcome', outcome })
      if (outcome.kind === 'recording') void outcome.recording.body.fate.then(land)
      else land()
      return response
    } catch (error) {
      land()
      const outcome = fetch.fail(error)
      flight.settle(outcome === undefined ? { kind: 'failed' } : { kind: 'outcome', outcome })
      throw error
    } finally {
      stay()
    }
  }
}

const varyOf = (outcome: Extract<Outcome, { kind: 'stored' | 'stood-in' | 'recording' }>): readonly string[] =>
  outcome.kind === 'recording' ? outcome.recording.varyNames : outcome.stored.varyNames

/** Those who ask for the same variant, as far as it is known what the URL varies on. */
const flightName = ({ options: { key, request, settings } }: Fetch, varyNames: readonly string[]): string =>
  varyNames.length === 0 ? key : `${key}\n${selectingValues(request.fields, varyNames, settings).join('\n')}`

const follow = (flight: Flight, context: HttpContext): Promise<End> => {
  const { promise, resolve, reject } = Promise.withResolvers<End>()
  const stay = flight.join(context, () => reject(new RoundtripError('CLIENT_CLOSED_REQUEST')))
  void flight.end.then((end) => {
    stay()
    resolve(end)
  })
  return promise
}

const isJoinable = ({ body, isCurrent }: Recording): boolean => body.isJoinable && isCurrent()

/** The response of another's fetch, when it answers this request too. */
const share = async (
  outcome: Extract<Outcome, { kind: 'stored' | 'stood-in' | 'recording' }>,
  fetch: Fetch,
): Promise<HttpResponse | undefined> => {
  const { request, settings, store, clock } = fetch.options
  const { varyNames, varyValues } = outcome.kind === 'recording' ? outcome.recording : outcome.stored
  if (!matches(request.fields, varyNames, varyValues, settings)) return undefined
  if (outcome.kind === 'recording' && !isJoinable(outcome.recording)) return undefined
  const response = await responseOf(outcome, request, { store, clock })
  if (response !== undefined) fetch.adopt(outcome)
  return response
}
