/** Answers conditions and ranges of a client from whole responses (RFC 9110 §13.1.2, §13.1.3, §14.2), wherever those come from. */
import { Readable } from 'node:stream'
import {
  contentRange,
  evaluatePreconditions,
  Fields,
  rangeApplies,
  selectRange,
  type HttpLayer,
  type HttpRequest,
  type HttpResponse,
  type Validators,
} from '@roundtrip/http'
import { onAnswer } from '@roundtrip/pipeline'
import { readDate } from './policy/date.ts'

/** What a 304 carries of the response it stands for (RFC 9110 §15.4.5), and what says how it came about. */
const keptIn304 = new Set([
  'age',
  'cache-control',
  'cache-status',
  'cdn-cache-control',
  'content-location',
  'date',
  'etag',
  'expires',
  'last-modified',
  'set-cookie',
  'surrogate-control',
  'surrogate-key',
  'vary',
  'via',
  'x-request-id',
])

const isCondition = (name: string): boolean =>
  name === 'range' || name === 'if-none-match' || name === 'if-modified-since'

const hasCondition = ({ method, fields: { flat } }: HttpRequest): boolean => {
  if (method !== 'GET' && method !== 'HEAD') return false
  for (let i = 0; i < flat.length; i += 2) if (isCondition(flat[i] ?? '')) return true
  return false
}

const validatorsOf = (fields: Fields): Validators => {
  const etag = fields.get('etag')
  const modifiedMs = readDate(fields.get('last-modified'), Date.now())
  return {
    ...(etag === undefined ? {} : { etag }),
    ...(modifiedMs === undefined ? {} : { lastModified: new Date(modifiedMs) }),
  }
}

/** If-Match and its like were the origin's to evaluate; what it answered stands. */
const cacheConditions = (fields: Fields): Fields => {
  const conditions = fields.clone()
  for (const name of ['if-match', 'if-unmodified-since'] as const) conditions.delete(name)
  return conditions
}

/** The representation, or a part of it that was stored: conditions hold for both. */
const isSelected = ({ status }: HttpResponse): boolean => status === 200 || status === 206

/** Stands above `cache`, and above `compress` never: ranges count the octets that are sent. */
export const conditionalRange = (): HttpLayer => (next) => {
  const conditioned = evaluate(next)
  return (request, context) => (hasCondition(request) ? conditioned : next)(request, context)
}

const evaluate: HttpLayer = onAnswer((response, request) =>
  isSelected(response) ? answer(request, response) : response,
)

const answer = (request: HttpRequest, response: HttpResponse): HttpResponse => {
  const validators = validatorsOf(response.fields)
  const conditions = cacheConditions(request.fields)
  if (evaluatePreconditions(request.method, conditions, validators) === 'not-modified') return notModified(response)
  if (request.method !== 'GET' || response.status !== 200 || !rangeApplies(conditions, validators)) return response
  return partOf(request.fields.get('range'), response)
}

const notModified = (response: HttpResponse): HttpResponse => {
  const { fields, body } = response
  // Where it is being recorded it goes on without this reader.
  if (body instanceof Readable) body.on('error', () => undefined).destroy()
  const kept: string[] = []
  for (const [name, value] of fields) if (keptIn304.has(name)) kept.push(name, value)
  return { status: 304, fields: Fields.adopt(kept), body: undefined, madeFrom: response }
}

const bytesOf = (body: HttpResponse['body']): Uint8Array | undefined => {
  if (typeof body === 'string') return Buffer.from(body)
  return body instanceof Uint8Array ? body : undefined
}

/** Only what is in hand is cut: from a body that is still arriving a client gets the whole, as §14.2 allows. */
const partOf = (range: string | undefined, response: HttpResponse): HttpResponse => {
  const bytes = bytesOf(response.body)
  if (range === undefined || bytes === undefined) return response
  const selection = selectRange(range, bytes.byteLength)
  if (selection.kind === 'whole') return response
  const { fields } = response
  if (selection.kind === 'unsatisfiable') {
    fields.delete('content-type').set('content-range', `bytes */${bytes.byteLength}`).set('content-length', 0)
    return { status: 416, fields, body: undefined, madeFrom: response }
  }
  const { first, last } = selection.range
  fields.set('content-range', contentRange(selection.range, bytes.byteLength)).set('content-length', last - first + 1)
  return { status: 206, fields, body: bytes.subarray(first, last + 1), madeFrom: response }
}
