/** Making a stored response whole: the origin is asked only for what is missing of it (RFC 9111 §3.3, RFC 9110 §15.3.7.3). */
import { Readable } from 'node:stream'
import { RoundtripError } from '@roundtrip/errors'
import { Fields, type ByteRange, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import { areOfOne, contentRangeOf, gapOf } from '../policy/partial.ts'
import { withoutConditions } from '../policy/validation.ts'
import { currentAgeMs, type Head, type StoredResponse } from '../stored-response.ts'

export interface Completion {
  readonly stored: StoredResponse
  readonly gap: ByteRange
  readonly totalBytes: number
}

/** Undefined when there is nothing to complete, or it takes more than one range. */
export const completionFor = (
  { method, fields }: HttpRequest,
  stored: StoredResponse | undefined,
): Completion | undefined => {
  if (stored?.partial === undefined || method !== 'GET' || fields.has('range')) return undefined
  const gap = gapOf(stored)
  // One at a time: to complete for many at once takes more requests than to ask for the whole together.
  if (gap === undefined || stored.isBeingCompleted) return undefined
  return { stored, gap, totalBytes: stored.partial.totalBytes }
}

/** The gap if the octets are still the same, else the whole. */
export const completingFields = (fields: Fields, { stored, gap }: Completion): Fields =>
  withoutConditions(fields)
    .append('range', `bytes=${gap.first}-${gap.last}`)
    .append('if-range', stored.head.etag ?? '')

/** Whether the response is the missing part, and all of it. */
export const isMissingPart = ({ status, fields }: HttpResponse, { stored, gap, totalBytes }: Completion): boolean => {
  const range = contentRangeOf(fields)
  return (
    status === 206 &&
    range?.first === gap.first &&
    range.last === gap.last &&
    range.totalBytes === totalBytes &&
    areOfOne(stored.head, { etag: fields.get('etag') })
  )
}

/** Another part, or no part at all, answers nobody who wants the whole. */
export const isUseless = ({ status }: HttpResponse): boolean =>
  status === 206 || status === 304 || status === 412 || status === 416

/** @param head of the whole @param missing octets of the gap */
export const wholeFrom = (
  { stored, gap, totalBytes }: Completion,
  head: Head,
  missing: HttpResponse['body'],
  nowMs: number,
): HttpResponse => {
  const fields = Fields.adopt([...head.flat])
    .delete('content-range')
    .set('content-length', totalBytes)
  const ageSeconds = Math.floor(currentAgeMs(head, nowMs) / 1000)
  if (ageSeconds > 0) fields.append('age', ageSeconds)
  const parts = stored.partial?.parts ?? []
  const before = parts.find(({ first }) => first < gap.first)?.bytes
  const after = parts.find(({ first }) => first > gap.last)?.bytes
  const source = missing instanceof Readable ? missing : Readable.from([Buffer.from(missing ?? '')])
  const body = Readable.from(joined(before, source, gap.last - gap.first + 1, after), { objectMode: false })
  // Who leaves before the first octet leaves the source behind.
  body.once('close', () => source.destroy())
  return { status: 200, fields, body }
}

async function* joined(
  before: Uint8Array | undefined,
  source: Readable,
  gapBytes: number,
  after: Uint8Array | undefined,
): AsyncGenerator<Uint8Array> {
  if (before !== undefined) yield before
  let receivedBytes = 0
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    receivedBytes += chunk.byteLength
    if (receivedBytes > gapBytes) break
    yield chunk
  }
  if (receivedBytes !== gapBytes)
    throw new RoundtripError('UPSTREAM_RESET', 'The next hop sent another part than it said.')
  if (after !== undefined) yield after
}
