/** How old a response is (RFC 9111 §4.2.3), all in milliseconds. */
import type { Fields } from '@roundtrip/http'
import { readDate } from './date.ts'
import { toSeconds } from './directives.ts'

export interface Exchanged {
  /** When the request was sent. */
  readonly requestMs: number
  /** When the head of its response arrived. */
  readonly responseMs: number
}

/** `age_value`: the first member of the first line holds, and one that is no number says nothing (§5.1). */
export const ageValueMs = (fields: Fields): number => {
  const age = fields.get('age')
  if (age === undefined) return 0
  const comma = age.indexOf(',')
  const first = (comma === -1 ? age : age.slice(0, comma)).split(';', 1)[0] ?? ''
  return (toSeconds(first.trim()) ?? 0) * 1000
}

/** When the origin made the response: its Date, or, lacking a valid one, when it came in (RFC 9110 §6.6.1). */
export const dateMs = (fields: Fields, { responseMs }: Exchanged): number =>
  readDate(fields.get('date'), responseMs) ?? responseMs

/** `corrected_initial_age`: what the response's age was at `responseMs`. */
export const initialAgeMs = (fields: Fields, exchanged: Exchanged): number => {
  const { requestMs, responseMs } = exchanged
  const apparentAgeMs = Math.max(0, wholeSecondsMs(responseMs) - dateMs(fields, exchanged))
  const correctedAgeMs = ageValueMs(fields) + (responseMs - requestMs)
  return Math.max(apparentAgeMs, correctedAgeMs)
}

/** Date has no finer grain; without this every response would be born up to a second old. */
const wholeSecondsMs = (ms: number): number => Math.floor(ms / 1000) * 1000
