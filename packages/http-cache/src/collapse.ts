/** Request collapsing: one request to the origin for all who want the same at the same time (RFC 9111 §4, RFC 9211 §2.6). */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpContext, HttpHandler, HttpLayer, HttpResponse } from '@roundtrip/http'
import { DetachedContext } from './exchange/detached-context.ts'
import { CarryingRequest, type Fetch, type Outcome } from './exchange/fetch.ts'
import { responseOf } from './exchange/outcome-response.ts'
import { matches, selectingValues } from './policy/selection.ts'

type Shareable = Extract<Outcome, { kind: 'stored' | 'stood-in' | 'recording' }>

/** Others that a request waits for in vain, because they fail or ask for another variant, before it goes by itself. */
const mostWaits = 3

/** A request on its way for everybody who waits for it. */
class Flight {
  /** What came of it; undefined when it failed. */
  readonly end: Promise<Outcome | undefined>
  readonly settle: (outcome: Outcome | undefined) => void
  readonly leader: Fetch
  readonly #abort: () => void
  #waiting = 0

  constructor(leader: Fetch, abort: () => void) {
    const { promise, resolve } = Promise.withResolvers<Outcome | undefined>()
    this.leader = leader
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
  return (request, context) =>
    request instanceof CarryingRequest && request.fetch.options.isCollapsible
      ? collapser.run(request, context)
      : next(request, context)
}

class Collapser {
  readonly #next: HttpHandler
  readonly #flights = new Map<string, Flight>()

  constructor(next: HttpHandler) {
    this.#next = next
  }

  async run(request: CarryingRequest, context: HttpContext): Promise<HttpResponse> {
    const { fetch } = request
    let name = flightName(fetch, fetch.options.store.variants(fetch.options.key)[0]?.varyNames ?? [])
    for (let waits = 0; waits < mostWaits; waits++) {
      const flight = this.#flights.get(name)
      if (flight === undefined) return this.#lead(name, request, context)
      const outcome = await follow(flight, context)
      if (outcome === undefined || outcome.kind === 'unmatched') continue
      if (outcome.kind === 'passed' && outcome.isFailure) continue
      if (outcome.kind === 'passed' || outcome.kind === 'own') break
      const shared = await share(outcome, flight.leader, fetch)
      if (shared !== undefined) return shared
      const other = flightName(fetch, varyOf(outcome))
      // Of the same name and yet of no use, e.g. grown too large to be read along from its beginning.
      if (other === name) break
      name = other
    }
    return this.#next(request, context)
  }

  async #lead(name: string, request: CarryingRequest, context: HttpContext): Promise<HttpResponse> {
    const { fetch } = request
    const detached = new DetachedContext(context, false)
    const flight = new Flight(fetch, () => detached.abort(new RoundtripError('CLIENT_CLOSED_REQUEST')))
    this.#flights.set(name, flight)
    const land = (): void => void this.#flights.delete(name)
    const stay = flight.join(context, () => undefined)
    try {
      const response = await this.#next(request, detached)
      const outcome = fetch.admit(response)
      flight.settle(outcome)
      if (outcome.kind === 'recording') void outcome.recording.body.fate.then(land)
      else land()
      return response
    } catch (error) {
      land()
      flight.settle(fetch.fail(error))
      throw error
    } finally {
      stay()
    }
  }
}

const varyOf = (outcome: Shareable): readonly string[] =>
  outcome.kind === 'recording' ? outcome.recording.varyNames : outcome.stored.varyNames

/** Those who ask for the same variant, as far as it is known what the URL varies on. */
const flightName = ({ options: { key, request, settings } }: Fetch, varyNames: readonly string[]): string =>
  varyNames.length === 0 ? key : `${key}\n${selectingValues(request.fields, varyNames, settings).join('\n')}`

const follow = (flight: Flight, context: HttpContext): Promise<Outcome | undefined> => {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome | undefined>()
  const stay = flight.join(context, () => reject(new RoundtripError('CLIENT_CLOSED_REQUEST')))
  void flight.end.then((outcome) => {
    stay()
    resolve(outcome)
  })
  return promise
}

/** The response of another's fetch, when it answers this request too. */
const share = async (outcome: Shareable, leader: Fetch, fetch: Fetch): Promise<HttpResponse | undefined> => {
  const { request, settings, store, clock } = fetch.options
  const { varyNames, varyValues, head } = outcome.kind === 'recording' ? outcome.recording : outcome.stored
  if (!matches(request.fields, varyNames, varyValues, settings) || leader.isOvertaken(head)) return undefined
  if (outcome.kind === 'recording' && !outcome.recording.body.isJoinable) return undefined
  const response = await responseOf(outcome, request, { store, clock })
  if (response !== undefined) fetch.adopt(outcome)
  return response
}
