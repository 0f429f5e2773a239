/** XFetch (Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache Stampede Prevention, VLDB 2015). */

export interface Ageing {
  /** Until the value expires. */
  readonly leftMs: number
  /** How long loading it took. */
  readonly deltaMs: number
}

/**
 * Should this reader load anew although the value is still fresh? The nearer the end and the slower the load, the likelier:
 * of many readers one does so in time, and none has to wait.
 *
 * @param beta 1 is the optimum of the paper; more is earlier, 0 is never
 * @param random from 0 up to 1
 */
export const isDueEarly = ({ leftMs, deltaMs }: Ageing, beta: number, random: () => number): boolean =>
  deltaMs * beta > 0 && leftMs <= -deltaMs * beta * Math.log(random())
