/** For tests: pools whose members answer as the test says, and time that passes when the test says so. */
import { RoundtripError, type ErrorCode } from '@roundtrip/errors'
import { Fields, type HttpContext, type HttpHandler, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import { compose } from '@roundtrip/pipeline'
import type { SendOptions, Transport } from './client/transport.ts'
import type { TransportOptions } from './client/transport-options.ts'
import type { Endpoint } from './discovery/dns-lookup.ts'
import type { Schedule } from './health-check.ts'
import { createPool, type Pool } from './pool.ts'
import { poolLayers, poolTerminal } from './pool-layers.ts'
import { stick } from './stick.ts'
import { poolSettingsOf, type PoolSettingsInput } from './settings/pool-settings.ts'
import { silentLog, testContext, testRequest } from './testing.ts'

/** A clock and timers that stand still until told to go on. */
export class ManualTime {
  nowMs = 1_000_000
  #tasks: { readonly atMs: number; readonly task: () => void }[] = []

  readonly clock = (): number => this.nowMs

  readonly schedule: Schedule = (task, delayMs) => {
    const entry = { atMs: this.nowMs + delayMs, task }
    this.#tasks.push(entry)
    return () => void (this.#tasks = this.#tasks.filter((other) => other !== entry))
  }

  /** How long until each scheduled task. */
  get delays(): readonly number[] {
    return this.#tasks.map(({ atMs }) => atMs - this.nowMs).toSorted((a, b) => a - b)
  }

  /** Runs what becomes due, in order, and lets what follows from it happen. */
  async advance(ms: number): Promise<void> {
    await settled()
    const endMs = this.nowMs + ms
    for (;;) {
      const [next] = this.#tasks.filter(({ atMs }) => atMs <= endMs).toSorted((a, b) => a.atMs - b.atMs)
      if (next === undefined) break
      this.#tasks = this.#tasks.filter((other) => other !== next)
      this.nowMs = next.atMs
      next.task()
      await settled()
    }
    this.nowMs = endMs
    await settled()
  }
}

/** Lets everything happen that needs no time. */
export const settled = (): Promise<unknown> => new Promise(setImmediate)

/** One exchange with a fake member. */
export class Call {
  readonly request: HttpRequest
  readonly options: SendOptions
  readonly response: Promise<HttpResponse>
  readonly #result = Promise.withResolvers<HttpResponse>()
  #isEnded = false

  constructor(request: HttpRequest, options: SendOptions) {
    this.request = request
    this.options = options
    this.response = this.#result.promise
    options.signal?.addEventListener('abort', () => this.fail('CLIENT_CLOSED_REQUEST'))
  }

  respond(status = 200, fields: Record<string, string> = {}, body?: HttpResponse['body']): void {
    this.#end()
    this.#result.resolve({ status, fields: Fields.of(fields), body })
  }

  /** @param sent whether the member may have acted on it */
  fail(code: ErrorCode, sent = true): void {
    this.#end()
    this.#result.reject(new RoundtripError(code, undefined, { details: { sent } }))
  }

  #end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.options.onEnd?.(undefined)
  }
}

/** A next hop without a network. */
export class FakeTransport implements Transport {
  readonly options: TransportOptions
  readonly calls: Call[] = []
  readonly stats = { open: 0, idle: 0, waiting: 0, inFlight: 0, connects: 0, reuses: 0 }
  isDestroyed = false
  /** What becomes of a request; 200 by default. */
  answer: (call: Call) => unknown = (call) => call.respond()
  readonly #drained = Promise.withResolvers<void>()

  constructor(options: TransportOptions) {
    this.options = options
  }

  send(request: HttpRequest, options: SendOptions): Promise<HttpResponse> {
    const call = new Call(request, options)
    this.calls.push(call)
    this.answer(call)
    return call.response
  }

  drain(): Promise<void> {
    return this.#drained.promise
  }

  /** The last exchange has ended. */
  finish(): void {
    this.#drained.resolve()
  }

  destroy(): void {
    this.isDestroyed = true
    for (const call of this.calls) call.fail('UPSTREAM_RESET')
    this.#drained.resolve()
  }
}

export interface TestPool {
  readonly pool: Pool
  readonly time: ManualTime
  readonly lines: string[]
  /** The latest transport to the member, e.g. `a`. */
  readonly at: (name: string) => FakeTransport
  /** Every transport made, in order. */
  readonly made: readonly FakeTransport[]
  /** Through all layers of a pool. */
  readonly ask: (request?: Partial<HttpRequest>, context?: HttpContext) => Promise<HttpResponse>
  readonly handler: HttpHandler
  /** Who was asked, in order. */
  readonly asked: string[]
}

export interface TestPoolOptions {
  /** From 0 to below 1; 0 by default. */
  readonly random?: () => number
  /** What becomes of the requests of any connection, those of health checks included; 200 by default. */
  readonly answer?: (host: string, call: Call) => void
  readonly discover?: () => Promise<{ endpoints: Endpoint[]; ttlMs: number }>
}

export const membersNamed = (...names: string[]) => names.map((name) => ({ origin: `http://${name}` }))

/** A round-robin pool of the members `a`, `b` and `c`, unless told otherwise. */
export const testPool = (
  given: PoolSettingsInput = {},
  { random = () => 0, answer, discover }: TestPoolOptions = {},
): TestPool => {
  const time = new ManualTime()
  const lines: string[] = []
  const made: FakeTransport[] = []
  const asked: string[] = []
  const note = (_facts: object, message: string): void => void lines.push(message)
  const settings = poolSettingsOf({
    members: membersNamed('a', 'b', 'c'),
    balance: { algorithm: 'round-robin' },
    ...given,
  })
  const pool = createPool('web', settings, {
    log: { ...silentLog, info: note, warn: note },
    clock: time.clock,
    schedule: time.schedule,
    random,
    connect: (options) => {
      const transport = new FakeTransport(options)
      if (answer !== undefined) transport.answer = (call) => answer(new URL(options.origin).host, call)
      made.push(transport)
      return transport
    },
    ...(discover !== undefined && { discover }),
  })
  const layers = compose([['stick', stick(pool)], ...poolLayers(pool)], poolTerminal())
  const handler: HttpHandler = async (request, context) => {
    try {
      return await layers(request, context)
    } finally {
      asked.push(String(context.facts['upstream']))
    }
  }
  const at = (name: string): FakeTransport => {
    const transport = made.findLast(({ options }) => new URL(options.origin).host === name)
    if (transport === undefined) throw new Error(`nobody ever connected to ${name}`)
    return transport
  }
  const ask: TestPool['ask'] = async (request = {}, context = testContext()) => handler(testRequest(request), context)
  return { pool, time, lines, at, made, ask, handler, asked }
}
