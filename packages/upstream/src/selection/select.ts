/** What an algorithm of selection is: members that may be given the next request in, one of them out. */
import type { Member } from '../member.ts'

/** Undefined only when there are no candidates. */
export type Select = (candidates: readonly Member[]) => Member | undefined
