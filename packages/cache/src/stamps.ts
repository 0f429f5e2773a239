/** Stamps: texts that tell one state of what a tag stands for from the next, the later one sorting after. */

/** The later of two. */
export const later = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a

/** Set where none is known. Sorts before every stamp of an invalidation; says nothing about the origin of the data. */
const firstMark = '!'

export const isChange = (stamp: string | null): stamp is string => stamp !== null && !stamp.startsWith(firstMark)

/** What a value made of these tags must reflect; undefined when no invalidation is known. */
export const latestChange = (stamps: readonly (string | null)[]): string | undefined =>
  stamps.filter(isChange).reduce<string | undefined>(later, undefined)

/** @throws TypeError for text that could not stand in an entry, or would sort with what no invalidation has set */
export const checkStamp = (stamp: string): void => {
  if (!/^[^\s!]\S*$/.test(stamp)) throw new TypeError(`not a stamp: ${JSON.stringify(stamp)}`)
}
