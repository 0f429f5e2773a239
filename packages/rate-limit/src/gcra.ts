/** The generic cell rate algorithm in its virtual scheduling form (ITU-T I.371 annex A): one number a key, no window edges. */

/** How much of something one key may have. */
export interface Rate {
  /** Under which clients see it. */
  readonly name: string
  /** Units in each window, on average. */
  readonly quota: number
  readonly windowMs: number
  /** Units that may come at once; the quota when absent. */
  readonly burst?: number
}

/** What one request takes from one key. */
export interface Charge {
  readonly key: string
  readonly rate: Rate
  /** Units; above the burst it never passes. */
  readonly cost: number
}

/** What a rate says about a charge. */
export interface Decision {
  readonly rate: Rate
  readonly isAllowed: boolean
  /** Whole units left after this request. */
  readonly remaining: number
  /** Until nothing is owed any more. */
  readonly resetMs: number
  /** Until the same charge would pass; 0 when it passed. */
  readonly retryAfterMs: number
}

/** Allowed only when every charge is; a charge that is refused takes nothing, nor do its companions. */
export interface Verdict {
  readonly isAllowed: boolean
  /** One for each charge, or only for the one that is known to be refused. */
  readonly decisions: readonly Decision[]
}

/** Time that one unit stands for. */
export const unitMs = ({ quota, windowMs }: Rate): number => windowMs / quota

/** How far ahead of the clock a key may be: what a whole burst stands for. */
export const toleranceMs = (rate: Rate): number => unitMs(rate) * (rate.burst ?? rate.quota)

/** Floating point may put the last unit of a burst a hair beyond the tolerance. */
const epsilonMs = 1e-6

/** @param aheadMs of the clock by which the key's theoretical arrival time would be with this charge taken */
export const decide = (
  rate: Rate,
  aheadMs: number,
  chargeMs: number,
  unit = unitMs(rate),
  tolerance = toleranceMs(rate),
): Decision => {
  const isAllowed = aheadMs <= tolerance + epsilonMs
  const owedMs = isAllowed ? aheadMs : aheadMs - chargeMs
  return {
    rate,
    isAllowed,
    remaining: Math.max(0, Math.floor((tolerance - owedMs + epsilonMs) / unit)),
    resetMs: owedMs,
    retryAfterMs: isAllowed ? 0 : aheadMs - tolerance,
  }
}
