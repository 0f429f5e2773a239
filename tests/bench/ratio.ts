/** How two contestants compare, round by round. */
import { median } from './figures.ts'

export interface Ratio {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** What others may take of the server's core before wall-clock figures say nothing. */
export const bearableNoise = 0.1

/** Round by round, as both met the same noise in it. */
export const ratioOf = (own: readonly number[], other: readonly number[]): Ratio | undefined => {
  if (own.length === 0 || own.length !== other.length) return undefined
  const ratios = own.map((value, round) => value / (other[round] ?? Number.NaN))
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) }
}
