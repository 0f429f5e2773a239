/** The known name closest to a mistyped one (Damerau 1964, optimal string alignment), for "did you mean". */

/** Insertions, deletions, substitutions and swaps of two neighbours, each one step. */
const distance = (a: string, b: string): number => {
  let beforeLast: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = isSwap ? (beforeLast[j - 2] ?? 0) + 1 : Infinity
      next.push(Math.min(substitution, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    beforeLast = row
    row = next
  }
  return row[b.length] ?? 0
}

/** @returns undefined when nothing is within a third of the name's length. */
export const nearest = (name: string, known: Iterable<string>): string | undefined => {
  let best: string | undefined
  let least = Math.floor(name.length / 3) + 1
  for (const candidate of known) {
    const steps = distance(name, candidate)
    if (steps < least) [best, least] = [candidate, steps]
  }
  return best
}
