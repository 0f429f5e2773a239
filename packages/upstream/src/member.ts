/** One next hop of a pool: its connections, its health, and what it has in hand. */
import { toRoundtripError } from '@roundtrip/errors'
import type { HttpContext, HttpResponse, NextHop } from '@roundtrip/http'
import { later, type Later } from '@roundtrip/pipeline'
import type { Attempt } from './attempt.ts'
import type { SendOptions, Transport } from './client/transport.ts'
import { Ejection } from './ejection/ejection.ts'
import { HealthState, type Thresholds } from './health-state.ts'
import { newCounters, outcomeOfError, outcomeOfStatus, type MemberCounters, type Outcome } from './member-counters.ts'
import type { RetainedContent } from './retained-content.ts'
import { PeakEwma } from './selection/peak-ewma.ts'
import { wasClosedWhileIdle } from './upstream-error.ts'

/** Learns how each attempt ended. */
export interface MemberObserver {
  /** @param latencyMs from sending to the head of the response, or to the failure @param beganMs when it was sent */
  observe(member: Member, outcome: Outcome, latencyMs: number, beganMs: number): void
}

/** What a failure costs a member in the eyes of an algorithm that goes by latency. */
const failureLatencyMs = 1000

export interface MemberOptions {
  /** Scheme, host and port. */
  readonly origin: string
  /** Default 1. */
  readonly weight?: number
  readonly zone?: string | undefined
  readonly transport: Transport
  readonly thresholds: Thresholds
  /** How long past latency counts: asked for each time, as settings may change. */
  readonly latencyDecayMs: () => number
  readonly observer: MemberObserver
  /** Milliseconds since the epoch, finer than whole ones for latencies. */
  readonly clock: () => number
}

export class Member implements NextHop {
  readonly name: string
  readonly origin: string
  /** Of the next hop itself, whatever host the client asked for. */
  readonly hostname: string
  readonly health: HealthState
  readonly ejection = new Ejection()
  readonly counters: MemberCounters = newCounters()
  readonly latency = new PeakEwma()
  transport: Transport
  weight: number
  zone: string | undefined
  /** When it began to take up its share, in milliseconds since the epoch. */
  rampFromMs = -Infinity
  /** Since when it takes no new work, in milliseconds since the epoch. */
  drainingSince: number | undefined
  /** When what it still has is broken off, in milliseconds since the epoch. */
  drainingUntil: number | undefined
  inFlight = 0
  readonly #options: MemberOptions
  #whenIdle: (() => void)[] = []

  constructor(options: MemberOptions) {
    const url = new URL(options.origin)
    this.#options = options
    this.origin = url.origin
    this.name = url.host
    this.hostname = url.hostname
    this.weight = options.weight ?? 1
    this.zone = options.zone
    this.transport = options.transport
    this.health = new HealthState(options.thresholds, options.clock)
  }

  get isDraining(): boolean {
    return this.drainingSince !== undefined
  }

  get isHealthy(): boolean {
    return this.health.state === 'healthy' && !this.ejection.isEjected
  }

  /** Sends one attempt and keeps the books. Fails with what the transport fails with. */
  send(attempt: Attempt, context: HttpContext): Later<HttpResponse> {
    const errand = new Errand(attempt, context, this.#options.clock(), this.#ended)
    this.inFlight++
    this.counters.requests++
    return later(this.transport.send(attempt, errand)).after(this.#answered, this.#failed, errand, undefined)
  }

  /** Resolves when nothing is in flight. */
  idle(): Promise<void> {
    return this.inFlight === 0 ? Promise.resolve() : new Promise((resolve) => void this.#whenIdle.push(resolve))
  }

  readonly #answered = (response: HttpResponse, { beganMs }: Errand): HttpResponse => {
    const outcome = outcomeOfStatus(response.status)
    if (outcome === 'success') this.counters.successes++
    else this.counters.responses5xx++
    const nowMs = this.#options.clock()
    this.latency.observe(nowMs - beganMs, nowMs, this.#options.latencyDecayMs())
    this.#options.observer.observe(this, outcome, nowMs - beganMs, beganMs)
    return response
  }

  readonly #failed = (thrown: unknown, errand: Errand): never => {
    errand.onEnd()
    const error = toRoundtripError(thrown)
    const outcome = wasClosedWhileIdle(error) ? 'none' : outcomeOfError(error)
    if (outcome !== 'none') {
      const { failures } = this.counters
      failures[error.code] = (failures[error.code] ?? 0) + 1
    }
    const nowMs = this.#options.clock()
    const tookMs = nowMs - errand.beganMs
    // One that refuses at once must not look fast, or it would be given the most.
    if (outcome !== 'none')
      this.latency.observe(Math.max(failureLatencyMs, tookMs), nowMs, this.#options.latencyDecayMs())
    this.#options.observer.observe(this, outcome, tookMs, errand.beganMs)
    throw thrown
  }

  readonly #ended = (): void => {
    this.inFlight--
    if (this.inFlight > 0 || this.#whenIdle.length === 0) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }
}

/** One attempt in hand, and what its transport is told of it. */
class Errand implements SendOptions {
  readonly context: HttpContext
  readonly signal: AbortSignal | undefined
  readonly retained: RetainedContent | undefined
  readonly firstByteTimeoutMs: number | undefined
  readonly totalTimeoutMs: number | undefined
  readonly beganMs: number
  readonly #ended: () => void
  #isEnded = false

  constructor(attempt: Attempt, context: HttpContext, beganMs: number, ended: () => void) {
    this.context = context
    this.signal = attempt.signal
    this.retained = attempt.retained
    this.firstByteTimeoutMs = attempt.firstByteTimeoutMs
    this.totalTimeoutMs = attempt.totalTimeoutMs
    this.beganMs = beganMs
    this.#ended = ended
  }

  /** However often it is called. */
  onEnd(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#ended()
  }
}
