/** How long to wait before a crashed instance is started again. */

export interface BackoffOptions {
  readonly firstMs: number
  readonly maxMs: number
  /** From 0 to less than 1. */
  readonly random: () => number
}

export const defaultBackoff: BackoffOptions = { firstMs: 200, maxMs: 10_000, random: Math.random }

/** A process that stayed ready this long has recovered: its next crash counts as the first. */
export const recoveredAfterMs = 10_000

/**
 * Doubles from `firstMs` to `maxMs`, then takes off up to half at random, so that instances that fell together do not
 * come back together.
 *
 * @param attempt counts from 1
 */
export const backoffMs = (attempt: number, { firstMs, maxMs, random }: BackoffOptions = defaultBackoff): number => {
  const ceiling = Math.min(maxMs, firstMs * 2 ** (attempt - 1))
  return Math.round(ceiling * (1 - random() / 2))
}
