/** For tests: scenarios that read like scripts. The origin answers, time passes, clients ask, and what they get is looked at. */
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import {
  Fields,
  formatHttpDate,
  newTrace,
  type HttpContext,
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
} from '@roundtrip/http'
import { cache } from './cache.ts'
import { collapse } from './collapse.ts'
import { conditionalRange } from './conditional-range.ts'
import type { CacheSettings } from './settings.ts'
import { CacheStore, type CacheStoreOptions } from './store/cache-store.ts'

/** What a client sees. */
export interface Seen {
  readonly status: number
  readonly body: string
  /** Of Cache-Status, what this cache added. */
  readonly cache: string
  readonly age: number | undefined
  readonly fields: Record<string, string>
}

type Init = Readonly<Record<string, string>>

/** A response as a test writes it. */
export interface Answer {
  readonly status?: number
  readonly fields?: Init
  readonly body?: string | Readable
}

/** A client that can leave. */
export interface TestClient {
  readonly context: HttpContext
  leave(): void
}

const silent = (): void => undefined

export const testClient = (): TestClient => {
  const gone = new AbortController()
  const context: HttpContext = {
    passage: undefined,
    elapsedMs: 0,
    requestId: 'request-1',
    trace: newTrace(false),
    downstream: { address: '192.0.2.1', port: 4711 },
    client: '192.0.2.1',
    signal: gone.signal,
    onAbandoned: (callback) => gone.signal.addEventListener('abort', callback, { once: true }),
    delivered: Promise.resolve({ outcome: 'complete', bodyBytes: 0 }),
    onSettled: silent,
    facts: {},
    log: { debug: silent, info: silent, warn: silent, error: silent },
  }
  return { context, leave: () => gone.abort() }
}

export const testRequest = (target: string, fields: Init = {}, method = 'GET'): HttpRequest => ({
  method,
  target,
  scheme: 'https',
  authority: 'www.roundtrip.test',
  fields: Fields.of(fields),
  body: undefined,
  httpVersion: '1.1',
})

const seenFrom = async ({ status, fields, body }: HttpResponse): Promise<Seen> => {
  const bytes = body instanceof Readable ? await buffer(body) : Buffer.from(body ?? '')
  const age = fields.get('age')
  return {
    status,
    body: bytes.toString(),
    cache: (fields.getAll('cache-status').at(-1) ?? '').replace('roundtrip-edge; ', ''),
    age: age === undefined ? undefined : Number(age),
    fields: Object.fromEntries(fields),
  }
}

/** A turn of the event loop after all that is already due: what was set going in the background has come to rest. */
export const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(() => setImmediate(resolve)))

export class Scenario {
  readonly store: CacheStore
  readonly handler: HttpHandler
  /** What reached the origin. */
  readonly requests: HttpRequest[] = []
  /** Contexts they came with. */
  readonly contexts: HttpContext[] = []
  nowMs = Date.UTC(2026, 0, 1)
  readonly #beganMs = this.nowMs
  #origin: (request: HttpRequest) => Promise<HttpResponse> | HttpResponse = () => this.response({})

  constructor(settings: Partial<CacheSettings> = {}, store: Partial<CacheStoreOptions> = {}) {
    const clock = (): number => this.nowMs
    this.store = new CacheStore({ maxBytes: 1_000_000, clock, ...store })
    const layers = [conditionalRange(), cache({ store: this.store, settings, clock }), collapse()]
    const origin: HttpHandler = async (request, context) => {
      this.requests.push(request)
      this.contexts.push(context)
      return this.#origin(request)
    }
    this.handler = layers.reduceRight((next, layer) => layer(next), origin)
  }

  /** Sets the clock to so many seconds after the beginning. */
  at(seconds: number): this {
    this.nowMs = this.#beganMs + seconds * 1000
    return this
  }

  /** An HTTP-date so many seconds after the beginning. */
  date(seconds: number): string {
    return formatHttpDate(new Date(this.#beganMs + seconds * 1000))
  }

  /** From now on the origin answers so, with the Date of that moment. */
  answers(fields: Init, more: Omit<Answer, 'fields'> = {}): this {
    this.#origin = () => this.response({ fields, ...more })
    return this
  }

  answersWith(origin: (request: HttpRequest) => Promise<HttpResponse> | HttpResponse): this {
    this.#origin = origin
    return this
  }

  fails(error: Error): this {
    this.#origin = async () => {
      throw error
    }
    return this
  }

  response({ status = 200, fields = {}, body = 'content' }: Answer): HttpResponse {
    const init = { date: formatHttpDate(new Date(this.nowMs)), ...fields }
    return { status, fields: Fields.of(init), body: status === 304 ? undefined : body }
  }

  /** A client asks and reads the whole answer. */
  async ask(target = '/', fields: Init = {}, method = 'GET'): Promise<Seen> {
    return seenFrom(await this.handler(testRequest(target, fields, method), testClient().context))
  }

  /** The same with a client that the test holds. */
  async askAs({ context }: TestClient, target = '/', fields: Init = {}): Promise<Seen> {
    return seenFrom(await this.handler(testRequest(target, fields), context))
  }
}
