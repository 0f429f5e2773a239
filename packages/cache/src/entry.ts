/** How a value stands in the store: JSON beside the stamps its tags had when it was loaded. */

export interface Entry {
  readonly value: unknown
  /** In the order of the tags. */
  readonly stamps: readonly string[]
}

export const encode = ({ value, stamps }: Entry): string => JSON.stringify({ stamps, value })

/** @returns undefined for anything that `encode` did not write: to the cache that is the same as nothing */
export const decode = (text: string): Entry | undefined => {
  try {
    const parsed = JSON.parse(text) as Partial<Entry> | null
    if (parsed === null || !Array.isArray(parsed.stamps) || !('value' in parsed)) return undefined
    return { value: parsed.value, stamps: parsed.stamps as string[] }
  } catch {
    return undefined
  }
}

/** May this entry be served: has none of its tags been invalidated since it was loaded? */
export const isFresh = (entry: Entry, stamps: readonly string[]): boolean =>
  entry.stamps.length === stamps.length && stamps.every((stamp, index) => stamp === entry.stamps[index])
