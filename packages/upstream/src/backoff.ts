/** Pauses between attempts that grow and do not fall in step (AWS, "Exponential Backoff And Jitter": full jitter). */

export interface BackoffSettings {
  readonly backoffBaseMs: number
  readonly backoffMaxMs: number
}

/**
 * @param retry 1 for the first
 * @param random from 0 to below 1
 */
export const backoffMs = (retry: number, { backoffBaseMs, backoffMaxMs }: BackoffSettings, random: number): number =>
  Math.min(backoffMaxMs, backoffBaseMs * 2 ** (retry - 1)) * random
