/** Responses made from what is stored; the way of every hit, so it copies flat lists and little else. */
import { Fields, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import { hitStatus } from './cache-status.ts'
import { answerFromParts } from './policy/partial.ts'
import type { CacheStore } from './store/cache-store.ts'
import { currentAgeMs, remainingMs, type StoredResponse } from './stored-response.ts'

/** Age and Cache-Status change once a second, so most hits find them written. */
const refreshTexts = (stored: StoredResponse, cache: string, ageSeconds: number, nowMs: number): void => {
  const texts = stored.hitTexts
  texts.ageSeconds = ageSeconds
  texts.age = String(ageSeconds)
  texts.status = hitStatus(cache, Math.floor(remainingMs(stored, nowMs) / 1000))
}

/** The stored fields with Age (RFC 9111 §5.1) and Cache-Status at their end. */
export const hitFields = (stored: StoredResponse, cache: string, nowMs: number, status?: string): Fields => {
  const ageSeconds = Math.floor(currentAgeMs(stored.head, nowMs) / 1000)
  const texts = stored.hitTexts
  if (texts.ageSeconds !== ageSeconds) refreshTexts(stored, cache, ageSeconds, nowMs)
  const flat = stored.head.flat.slice()
  flat.push('age', texts.age, 'cache-status', status ?? texts.status)
  return Fields.adopt(flat)
}

/** Content in memory as a response. */
const respond = (
  method: string,
  stored: StoredResponse,
  fields: Fields,
  bytes: Uint8Array | undefined,
): HttpResponse => ({ status: stored.head.status, fields, body: method === 'HEAD' ? undefined : bytes })

/**
 * A response from the store. Undefined when its octets are not all there: parts that do not cover the Range.
 * A promise only when the content lies on disk; that resolves to undefined, and the response is forgotten, when the file
 * is not what was written.
 */
export const answerFrom = (
  stored: StoredResponse,
  { method, fields: requestFields }: HttpRequest,
  fields: Fields,
  store: CacheStore,
): HttpResponse | Promise<HttpResponse | undefined> | undefined => {
  const { body } = stored
  if (body instanceof Uint8Array) return respond(method, stored, fields, body)
  if (body === undefined) {
    const part = answerFromParts(stored, requestFields)
    if (part === undefined || method === 'HEAD') return undefined
    fields.set('content-range', part.contentRange).set('content-length', part.bytes.byteLength)
    return { status: 206, fields, body: part.bytes }
  }
  if (method === 'HEAD') return respond(method, stored, fields, undefined)
  return body.read().then((bytes) => {
    if (bytes === undefined) {
      store.remove(stored)
      return undefined
    }
    store.promote(stored, bytes)
    return respond(method, stored, fields, bytes)
  })
}
