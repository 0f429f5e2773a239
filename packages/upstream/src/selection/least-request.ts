/** Least request: the member with fewer requests in flight for its weight, of two drawn at random. */
import type { Selection } from './selection.ts'
import { PowerOfTwo } from './power-of-two.ts'

/** @param random from 0 to below 1, as `Math.random` */
export const leastRequest = (random: () => number): Selection =>
  new PowerOfTwo(({ member, weight }) => member.inFlight / weight, random)
