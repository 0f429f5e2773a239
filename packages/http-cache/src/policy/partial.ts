/** Incomplete responses (RFC 9111 §3.3, §3.4; RFC 9110 §15.3.7.3): storing parts, combining them, answering from them. */
import { contentRange, Fields, rangeApplies, selectRange, type ByteRange, type Validators } from '@roundtrip/http'
import { StoredResponse, type Head, type Part } from '../stored-response.ts'

export interface ContentRange extends ByteRange {
  readonly totalBytes: number
}

/** A single byte range whose whole length is known; multipart and unknown lengths are not stored. */
export const contentRangeOf = (fields: Fields): ContentRange | undefined => {
  const found = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(fields.get('content-range') ?? '')
  if (found === null) return undefined
  const [first = 0, last = 0, totalBytes = 0] = found.slice(1).map(Number)
  return first <= last && last < totalBytes ? { first, last, totalBytes } : undefined
}

/** Only a strong entity tag says that two parts are of the same octets. */
export const areOfOne = (a: Pick<Head, 'etag'>, b: Pick<Head, 'etag'>): boolean =>
  a.etag !== undefined && !a.etag.startsWith('W/') && a.etag === b.etag

const endOf = ({ first, bytes }: Part): number => first + bytes.byteLength

/** Parts in order, those that touch or overlap made one. */
export const mergeParts = (parts: readonly Part[]): Part[] => {
  const merged: Part[] = []
  for (const part of parts.toSorted((a, b) => a.first - b.first)) {
    const before = merged.at(-1)
    if (before === undefined || part.first > endOf(before)) merged.push(part)
    else if (endOf(part) > endOf(before)) {
      const tail = part.bytes.subarray(endOf(before) - part.first)
      merged[merged.length - 1] = { first: before.first, bytes: Buffer.concat([before.bytes, tail]) }
    }
  }
  return merged
}

/** What is missing of a response whose octets have a strong tag; undefined when they have none, or it is more than one range. */
export const gapOf = ({ head, partial }: StoredResponse): ByteRange | undefined => {
  if (partial === undefined || !areOfOne(head, head)) return undefined
  const gaps: ByteRange[] = []
  let from = 0
  for (const part of partial.parts) {
    if (part.first > from) gaps.push({ first: from, last: part.first - 1 })
    from = endOf(part)
  }
  if (from < partial.totalBytes) gaps.push({ first: from, last: partial.totalBytes - 1 })
  return gaps.length === 1 ? gaps[0] : undefined
}

/** A part on its way into the store. */
export interface NewPart {
  readonly key: string
  readonly varyNames: readonly string[]
  readonly varyValues: readonly string[]
  readonly head: Head
  readonly range: ContentRange
  readonly bytes: Uint8Array
}

/** Gaps that one response may have: each costs memory and time, and whoever asks for single octets makes many. */
const mostParts = 64

/** Those that are known already, of the very same octets. */
const partsKnown = ({ head, range }: NewPart, before: StoredResponse | undefined): readonly Part[] =>
  before?.partial !== undefined && before.partial.totalBytes === range.totalBytes && areOfOne(before.head, head)
    ? before.partial.parts
    : []

/** What is stored after a 206: its part, with those that were there when they are of the same octets; whole when nothing is missing. */
export const combine = (added: NewPart, before: StoredResponse | undefined): StoredResponse | undefined => {
  const { key, varyNames, varyValues, head, range, bytes } = added
  if (range.last - range.first + 1 !== bytes.byteLength) return undefined
  const { totalBytes } = range
  const own = { first: range.first, bytes }
  const merged = mergeParts([...partsKnown(added, before), own])
  const parts = merged.length > mostParts ? [own] : merged
  const [only] = parts
  if (only !== undefined && only.bytes.byteLength === totalBytes) {
    const fields = Fields.adopt([...head.flat])
      .delete('content-range')
      .set('content-length', totalBytes)
    return new StoredResponse(key, varyNames, varyValues, { ...head, status: 200, flat: fields.flat }, only.bytes)
  }
  const stored = new StoredResponse(key, varyNames, varyValues, head, undefined)
  stored.partial = { parts, totalBytes }
  return stored
}

export interface PartialAnswer {
  readonly bytes: Uint8Array
  readonly contentRange: string
}

/** The octets a Range asks for when it applies (If-Range, RFC 9110 §13.1.5) and all of them are among the stored parts. */
export const answerFromParts = ({ head, partial }: StoredResponse, request: Fields): PartialAnswer | undefined => {
  if (partial === undefined || !rangeApplies(request, validatorsOf(head))) return undefined
  const selection = selectRange(request.get('range'), partial.totalBytes)
  if (selection.kind !== 'part') return undefined
  const { range } = selection
  const part = partial.parts.find((one) => one.first <= range.first && range.last < endOf(one))
  if (part === undefined) return undefined
  return {
    bytes: part.bytes.subarray(range.first - part.first, range.last + 1 - part.first),
    contentRange: contentRange(range, partial.totalBytes),
  }
}

const validatorsOf = ({ etag, lastModifiedMs }: Head): Validators => ({
  ...(etag !== undefined && { etag }),
  ...(lastModifiedMs !== undefined && { lastModified: new Date(lastModifiedMs) }),
})
