/** The response that a fetch's outcome is for one of those who wait for it. */
import { Fields, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import { answerFrom } from '../answer.ts'
import type { CacheParts } from '../cache.ts'
import { currentAgeMs, type StoredResponse } from '../stored-response.ts'
import type { Outcome, Recording } from './fetch.ts'

/** Age only where the response has one to speak of: it came from a cache before us, or is older than the request. */
const storedFields = (stored: StoredResponse, nowMs: number): Fields => {
  const fields = Fields.adopt([...stored.head.flat])
  const ageSeconds = Math.floor(currentAgeMs(stored.head, nowMs) / 1000)
  return ageSeconds > 0 ? fields.append('age', ageSeconds) : fields
}

const recordedResponse = ({ head, body }: Recording, nowMs: number): HttpResponse => {
  const fields = Fields.adopt([...head.flat])
  const ageSeconds = Math.floor(currentAgeMs(head, nowMs) / 1000)
  if (ageSeconds > 0) fields.append('age', ageSeconds)
  return { status: head.status, fields, body: body.read() }
}

/** Undefined when the stored octets are not there (any more). */
export const responseOf = async (
  outcome: Outcome,
  request: HttpRequest,
  { store, clock }: Pick<CacheParts, 'store' | 'clock'>,
): Promise<HttpResponse | undefined> => {
  if (outcome.kind === 'recording') return recordedResponse(outcome.recording, clock())
  if (outcome.kind === 'passed' || outcome.kind === 'unmatched') return undefined
  return answerFrom(outcome.stored, request, storedFields(outcome.stored, clock()), store)
}
