/** How a value stands in Redis: two lines that the scripts there can read, then JSON. */

export interface Entry {
  /** Another one for each fill: tells whether what is stored is what was seen before. */
  readonly id: string
  /** What the tags had when the value was loaded, in the order of the tags. */
  readonly stamps: readonly string[]
  /** How long the load took: what early refresh has to be ahead of. */
  readonly deltaMs: number
  /** How much longer than it is fresh the entry is kept, to be served when a load fails. */
  readonly staleMs: number
  /** The latest change that the load was told to reflect; empty when it was told of none. */
  readonly reflects: string
  readonly value: unknown
}

/** @returns undefined for a value that JSON cannot say */
export const encode = ({ id, stamps, deltaMs, staleMs, reflects, value }: Entry): string | undefined => {
  const json = JSON.stringify(value) as string | undefined
  const head = `${id} ${Math.ceil(deltaMs)} ${staleMs} ${reflects}`
  return json === undefined ? undefined : `${head}\n${stamps.join(' ')}\n${json}`
}

/** @returns undefined for anything that `encode` did not write: to the cache that is the same as nothing */
export const decode = (text: string): Entry | undefined => {
  const endOfHead = text.indexOf('\n')
  const endOfStamps = text.indexOf('\n', endOfHead + 1)
  if (endOfHead < 0 || endOfStamps < 0) return undefined
  const head = /^(\S+) (\d+) (\d+) (\S*)$/.exec(text.slice(0, endOfHead))
  if (head === null) return undefined
  const [, id = '', deltaMs, staleMs, reflects = ''] = head
  const stamps = text.slice(endOfHead + 1, endOfStamps).split(' ')
  try {
    const value: unknown = JSON.parse(text.slice(endOfStamps + 1))
    return { id, stamps, deltaMs: Number(deltaMs), staleMs: Number(staleMs), reflects, value }
  } catch {
    return undefined
  }
}

/** Was none of its tags invalidated since it was loaded? A tag without a stamp may have been. */
export const isCurrent = (entry: Entry, stamps: readonly (string | null)[]): boolean =>
  entry.stamps.length === stamps.length && stamps.every((stamp, index) => stamp === entry.stamps[index])
