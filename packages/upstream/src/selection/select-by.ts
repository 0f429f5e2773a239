/** From the settings of balancing to the algorithm. */
import type { BalanceSettings } from '../settings/balance-settings.ts'
import { ConsistentHash } from './consistent-hash.ts'
import { hashOf } from './hash-key.ts'
import { leastRequest } from './least-request.ts'
import { peakEwma } from './peak-ewma.ts'
import { RoundRobin } from './round-robin.ts'
import type { Selection } from './selection.ts'

export interface SelectionSources {
  /** Milliseconds. */
  readonly clock: () => number
  /** From 0 to below 1, as `Math.random`. */
  readonly random: () => number
}

export const selectionFor = (settings: BalanceSettings, { clock, random }: SelectionSources): Selection => {
  const { algorithm, hashOn, boundedLoadPercent, decayMs } = settings
  if (algorithm === 'round-robin') return new RoundRobin()
  if (algorithm === 'peak-ewma') return peakEwma(decayMs, clock, random)
  if (algorithm === 'consistent-hash') return new ConsistentHash({ hashOf: hashOf(hashOn), boundedLoadPercent, random })
  return leastRequest(random)
}
