/** A seeded stream of requests such as a cache in front of a site sees: few URLs often, many seldom, and now and then a crawler. */

export interface TraceOptions {
  readonly seed: number
  readonly requests: number
  /** Distinct URLs that are asked for again. */
  readonly objects: number
  /** Exponent of the Zipf distribution; 0.7 to 1.0 is what traces of the web show (Breslau et al., INFOCOM 1999). */
  readonly skew: number
  /** After so many requests the most popular of all is a URL never seen before, and all others are one rank lower; never when 0. */
  readonly driftEvery: number
  /** A crawler comes by after so many requests; never when 0. */
  readonly scanEvery: number
  /** URLs it asks for in a row, each once. */
  readonly scanLength: number
}

export interface Access {
  readonly key: string
  readonly sizeBytes: number
}

/** mulberry32: numbers from 0 to 1, the same for the same seed. */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const cumulativeZipf = (objects: number, skew: number): Float64Array => {
  const cumulative = new Float64Array(objects)
  let sum = 0
  for (let rank = 0; rank < objects; rank++) cumulative[rank] = sum += 1 / (rank + 1) ** skew
  return cumulative.map((value) => value / sum)
}

const rankOf = (cumulative: Float64Array, at: number): number => {
  let [low, high] = [0, cumulative.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((cumulative[middle] ?? 1) < at) low = middle + 1
    else high = middle
  }
  return low
}

/** From 1 KiB to 64 KiB, small ones more often, always the same for the same key. */
const sizeOf = (number: number): number => 1024 * 2 ** (seededRandom(number)() ** 2 * 6)

export function* trace({
  seed,
  requests,
  objects,
  skew,
  driftEvery,
  scanEvery,
  scanLength,
}: TraceOptions): Generator<Access> {
  const random = seededRandom(seed)
  const cumulative = cumulativeZipf(objects, skew)
  let scanned = 0
  for (let i = 1; i <= requests; i++) {
    const newest = driftEvery === 0 ? 0 : Math.floor(i / driftEvery)
    const page = rankOf(cumulative, random()) - newest
    yield { key: `/page/${page}`, sizeBytes: Math.round(sizeOf(page)) }
    if (scanEvery === 0 || i % scanEvery !== 0) continue
    for (let j = 0; j < scanLength; j++) {
      scanned++
      yield { key: `/archive/${scanned}`, sizeBytes: Math.round(sizeOf(-scanned)) }
    }
  }
}
