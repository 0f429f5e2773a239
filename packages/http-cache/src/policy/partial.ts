/** Incomplete responses (RFC 9111 §3.3, §3.4; RFC 9110 §15.3.7.3): storing parts, combining them, answering from them. */
import { contentRange, Fields, selectRange, type ByteRange } from '@roundtrip/http'
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
const areOfOne = (a: Head, b: Head): boolean => a.etag !== undefined && !a.etag.startsWith('W/') && a.etag === b.etag

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

/** What is stored after a 206: its part, with those that were there when they are of the same octets; whole when nothing is missing. */
export const combine = (
  key: string,
  varyNames: readonly string[],
  varyValues: readonly string[],
  head: Head,
  bytes: Uint8Array,
  before: StoredResponse | undefined,
): StoredResponse | undefined => {
  const range = contentRangeOf(Fields.adopt([...head.flat]))
  if (range === undefined || range.last - range.first + 1 !== bytes.byteLength) return undefined
  const { totalBytes } = range
  const known =
    before?.partial !== undefined && before.partial.totalBytes === totalBytes && areOfOne(before.head, head)
      ? before.partial.parts
      : []
  const parts = mergeParts([...known, { first: range.first, bytes }])
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

/** The octets a Range asks for when all of them are among the stored parts. */
export const answerFromParts = (
  { partial }: StoredResponse,
  rangeField: string | undefined,
): PartialAnswer | undefined => {
  if (partial === undefined) return undefined
  const selection = selectRange(rangeField, partial.totalBytes)
  if (selection.kind !== 'part') return undefined
  const { range } = selection
  const part = partial.parts.find((one) => one.first <= range.first && range.last < endOf(one))
  if (part === undefined) return undefined
  return {
    bytes: part.bytes.subarray(range.first - part.first, range.last + 1 - part.first),
    contentRange: contentRange(range, partial.totalBytes),
  }
}
