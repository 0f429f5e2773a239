/** Round robin: each member in turn. */
import type { Select } from './select.ts'

export const roundRobin = (): Select => {
  let turn = 0
  return (candidates) => {
    const chosen = candidates[turn % candidates.length]
    turn = (turn + 1) % Number.MAX_SAFE_INTEGER
    return chosen
  }
}
