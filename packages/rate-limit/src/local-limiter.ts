/** Limits counted in this process, alone or together with others that report to the same ledger. */
import { ExpiringMap } from './expiring-map.ts'
import { decide, toleranceMs, unitMs, type Charge, type Decision, type Verdict } from './gcra.ts'
import type { Limiter, LimiterStatus } from './limiter.ts'
import { Settling, type Settle } from './settling.ts'

export interface LocalLimiterOptions {
  /** Most keys kept, about 150 bytes each; default 100 000. Beyond that the one nearest to a clean slate is forgotten. */
  readonly maxKeys?: number
  /** Among which each rate is divided, as they cannot hear of each other; default 1. */
  readonly instances?: number
  /**
   * To the ledger of processes that count as one. Each lets pass what it knows no reason against, and hears within some
   * 10 ms what the others have let pass. Who comes to several at once may have its burst of each, and owes it.
   */
  readonly settle?: Settle | undefined
  /** Milliseconds, never going back; default `performance.now`. */
  readonly clock?: () => number
}

export class LocalLimiter implements Limiter {
  /** Theoretical arrival time of each key. */
  readonly #arrivals: ExpiringMap
  readonly #instances: number
  readonly #settling: Settling | undefined
  readonly #clock: () => number
  #allowed = 0
  #denied = 0

  constructor(options: LocalLimiterOptions = {}) {
    const { maxKeys = 100_000, instances = 1, settle, clock = () => performance.now() } = options
    this.#arrivals = new ExpiringMap(maxKeys)
    this.#instances = instances
    this.#clock = clock
    const onArrival = this.#arrivals.set.bind(this.#arrivals)
    this.#settling = settle && new Settling({ settle, clock, onArrival })
  }

  take(charges: readonly Charge[]): Verdict {
    const nowMs = this.#clock()
    const decisions = charges.map((charge) => this.#decide(charge, nowMs))
    const isAllowed = decisions.every((decision) => decision.isAllowed)
    if (isAllowed) this.#keep(charges, decisions, nowMs)
    if (isAllowed) this.#allowed++
    else this.#denied++
    return { isAllowed, decisions }
  }

  status(): LimiterStatus {
    return {
      counting: 'local',
      allowed: this.#allowed,
      denied: this.#denied,
      deniedFromMemory: 0,
      fallbacks: 0,
      keys: this.#arrivals.size,
    }
  }

  close(): void {}

  /** A share of a rate has longer units; its burst shrinks with it, though never below one request that the whole would let pass. */
  #decide({ key, rate, cost }: Charge, nowMs: number): Decision {
    const unit = unitMs(rate) * this.#instances
    const chargeMs = unit * cost
    const owedMs = Math.max(0, (this.#arrivals.get(key) ?? 0) - nowMs)
    const whole = toleranceMs(rate)
    const everPasses = cost <= (rate.burst ?? rate.quota)
    return decide(rate, owedMs + chargeMs, chargeMs, unit, everPasses ? Math.max(whole, chargeMs) : whole)
  }

  #keep(charges: readonly Charge[], decisions: readonly Decision[], nowMs: number): void {
    for (let i = 0; i < charges.length; i++) {
      const charge = charges[i]
      const decision = decisions[i]
      if (charge === undefined || decision === undefined || charge.cost <= 0) continue
      this.#arrivals.set(charge.key, nowMs + decision.resetMs, nowMs)
      this.#settling?.add(charge.key, unitMs(charge.rate) * this.#instances * charge.cost, nowMs)
    }
  }
}
