/** How long to wait before a worker that ended by itself is replaced. */

const firstMs = 100
const maxMs = 10_000

/** A worker that was ready for so long had recovered: its next end counts as the first. */
export const recoveredAfterMs = 10_000

/** The first at once; from then on twice as long each time. @param failures in a row, from 1 */
export const restartDelayMs = (failures: number): number =>
  failures <= 1 ? 0 : Math.min(maxMs, firstMs * 2 ** (failures - 2))
