/** How long to wait before the next attempt to connect. */

const longestMs = 2000

/** Doubles from 50 ms to two seconds; half of each wait is random, so that instances do not return in step. */
export const reconnectDelayMs = (attempt: number, random: () => number): number =>
  Math.min(longestMs, 50 * 2 ** Math.min(attempt, 10)) * (0.5 + random() / 2)
