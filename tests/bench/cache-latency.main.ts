/**
 * How long a step takes in a chain of addresses that jumps about in 8 MB, in nanoseconds: 10 to 30 where the last-level cache holds
 * them, five times that where others have filled it. Servers are then slower by what they touch, so not all by as much.
 */
const bytes = 8 << 20
const lineBytes = 64
const steps = 2_000_000

/** Each line holds the place of the next; all lines make one circle, in an order that no prefetcher guesses. */
const circle = (): Int32Array => {
  const lines = bytes / lineBytes
  const order = Int32Array.from({ length: lines }, (_, line) => line)
  for (let i = lines - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * (i + 1))
    const line = order[i] ?? 0
    order[i] = order[other] ?? 0
    order[other] = line
  }
  const places = new Int32Array(bytes / 4)
  const perLine = lineBytes / 4
  for (let i = 0; i < lines; i++) places[(order[i] ?? 0) * perLine] = (order[(i + 1) % lines] ?? 0) * perLine
  return places
}

const places = circle()

const walk = (from: number): number => {
  let place = from
  for (let step = 0; step < steps; step++) place = places[place] ?? 0
  return place
}

const warm = walk(0)
const start = performance.now()
const end = walk(warm)
const nanoseconds = ((performance.now() - start) * 1e6) / steps
// Its end is said, so that nobody finds the walk needless.
process.stdout.write(JSON.stringify({ nanoseconds, end }))
