/** Limits that all instances share through Redis; while Redis does not answer, each counts its share by itself. */
import { Circuit, type Log } from '@roundtrip/redis'
import { ExpiringMap } from './expiring-map.ts'
import { decide, unitMs, type Charge, type Verdict } from './gcra.ts'
import type { Limiter, LimiterStatus } from './limiter.ts'
import { LocalLimiter } from './local-limiter.ts'
import { RedisCounts } from './redis-counts.ts'
import type { Settle } from './settling.ts'
import { within } from './within.ts'

export interface RedisLimiterOptions {
  /** `redis://host:port` */
  readonly url: string
  readonly password?: string | undefined
  /** Put before every key; default `rate-limit`. */
  readonly namespace?: string
  /** Longest that a request waits for Redis before it is decided here; default 20. */
  readonly timeoutMs?: number
  /** That share the limits: what a share is while Redis does not answer. Default 1. Processes that `settle` are one. */
  readonly instances?: number
  /** Shares of processes that count as one: see `LocalLimiter`. */
  readonly settle?: Settle | undefined
  /** Most keys kept in this process, for shares and for refusals each; default 100 000. */
  readonly maxKeys?: number
  readonly log: Log
  /** Milliseconds, never going back; default `performance.now`. */
  readonly clock?: () => number
}

const failuresThatOpen = 5
const openMs = 1_000

/** Nobody waits this long; it only bounds what is kept for answers that never come. */
const commandTimeoutMs = 2_000

/** Counts the requests that it decides; those that Redis failed are decided by `#share`. */
export class RedisLimiter implements Limiter {
  readonly #counts: RedisCounts
  readonly #share: LocalLimiter
  readonly #circuit: Circuit
  /** Keys whose cheapest request is known to be refused until then: a flood costs Redis nothing. */
  readonly #deniedUntil: ExpiringMap
  readonly #timeoutMs: number
  readonly #clock: () => number
  #allowed = 0
  #denied = 0
  #deniedFromMemory = 0
  #fallbacks = 0

  constructor(options: RedisLimiterOptions) {
    const { url, password, namespace = 'rate-limit', timeoutMs = 20, instances = 1, maxKeys = 100_000, log } = options
    this.#clock = options.clock ?? (() => performance.now())
    this.#timeoutMs = timeoutMs
    this.#counts = new RedisCounts({ url, password, namespace, commandTimeoutMs })
    this.#share = new LocalLimiter({ maxKeys, instances, settle: options.settle, clock: this.#clock })
    this.#deniedUntil = new ExpiringMap(maxKeys)
    this.#circuit = new Circuit({
      threshold: failuresThatOpen,
      openMs,
      clock: this.#clock,
      onChange: (state, error) => {
        if (state === 'open') log.warn({ error, instances }, 'rate limits are no longer shared: Redis does not answer')
        else log.info({}, 'rate limits are shared again')
      },
    })
  }

  /** Whether Redis was reached; if not, connecting goes on in the background. */
  connect(): Promise<boolean> {
    return this.#counts.connect()
  }

  take(charges: readonly Charge[]): Verdict | Promise<Verdict> {
    const known = this.#knownDenial(charges)
    if (known !== undefined) return known
    return this.#counts.isConnected && this.#circuit.mayTry() ? this.#ask(charges) : this.#takeShare(charges)
  }

  status(): LimiterStatus {
    const share = this.#share.status()
    return {
      counting: this.#counts.isConnected && !this.#circuit.isOpen ? 'shared' : 'local',
      allowed: this.#allowed + share.allowed,
      denied: this.#denied + share.denied,
      deniedFromMemory: this.#deniedFromMemory,
      fallbacks: this.#fallbacks,
      keys: share.keys + this.#deniedUntil.size,
    }
  }

  close(): void {
    this.#counts.close()
  }

  async #ask(charges: readonly Charge[]): Promise<Verdict> {
    try {
      const aheadMs = await within(this.#timeoutMs, this.#counts.take(charges))
      this.#circuit.succeeded()
      return this.#verdict(charges, aheadMs)
    } catch (error) {
      this.#circuit.failed(error)
      return this.#takeShare(charges)
    }
  }

  #takeShare(charges: readonly Charge[]): Verdict {
    this.#fallbacks++
    return this.#share.take(charges)
  }

  #verdict(charges: readonly Charge[], aheadMs: readonly number[]): Verdict {
    const decisions = charges.map(({ rate, cost }, i) => decide(rate, aheadMs[i] ?? 0, unitMs(rate) * cost))
    const isAllowed = decisions.every((decision) => decision.isAllowed)
    if (isAllowed) this.#allowed++
    else this.#denied++
    if (!isAllowed) this.#rememberDenials(charges, decisions)
    return { isAllowed, decisions }
  }

  /** What one unit would have to wait: a cheaper request than this one must not be held to this one's time. */
  #rememberDenials(charges: readonly Charge[], decisions: Verdict['decisions']): void {
    const nowMs = this.#clock()
    for (const [i, { key, rate, cost }] of charges.entries()) {
      const waitMs = (decisions[i]?.retryAfterMs ?? 0) - unitMs(rate) * Math.max(0, cost - 1)
      if (waitMs > 0 && cost >= 1) this.#deniedUntil.set(key, nowMs + waitMs, nowMs)
    }
  }

  #knownDenial(charges: readonly Charge[]): Verdict | undefined {
    if (this.#deniedUntil.size === 0) return undefined
    const nowMs = this.#clock()
    for (const { key, rate, cost } of charges) {
      const untilMs = this.#deniedUntil.get(key)
      if (untilMs === undefined || untilMs <= nowMs || cost < 1) continue
      this.#denied++
      this.#deniedFromMemory++
      const retryAfterMs = untilMs - nowMs + unitMs(rate) * (cost - 1)
      const resetMs = (rate.burst ?? rate.quota) * unitMs(rate)
      return { isAllowed: false, decisions: [{ rate, isAllowed: false, remaining: 0, resetMs, retryAfterMs }] }
    }
    return undefined
  }
}
