/** Encodes what the origin has not encoded, for clients that want it (RFC 9110 §8.4, §12.5.3). */
import { Readable } from 'node:stream'
import { onAnswer } from '@roundtrip/pipeline'
import { negotiateEncoding } from '../accept-encoding.ts'
import { Fields } from '../fields.ts'
import type { HttpLayer, HttpRequest, HttpResponse } from '../message.ts'
import { remembered } from '../remembered.ts'
import type { BodyEncoder } from './compress-body.ts'
import type { Coding } from './compress-coding.ts'
import {
  isEventStream,
  mayBeEncoded,
  mayBeEncodedFor,
  representationOf,
  typeMatcher,
  type CredentialedPolicy,
} from './compress-policy.ts'

export interface CompressOptions {
  /** In order of preference among those that a client wants equally. */
  readonly codings: readonly Coding[]
  /** Below this, fields and framing outweigh what is saved. */
  readonly minBytes: number
  /** Media types; `text/*` and `*+json` stand for many. */
  readonly types: readonly string[]
  /** Whether answers to requests with a cookie or credentials are encoded: see `mayBeEncodedFor`. */
  readonly credentialed: CredentialedPolicy
  readonly encoder: BodyEncoder
}

/** Above caches, which so keep one plain form of each answer, and above whatever makes parts of one. */
export const compress = ({ codings, minBytes, types, credentialed, encoder }: CompressOptions): HttpLayer => {
  const eligibility = { minBytes, isCompressibleType: typeMatcher(types) }
  const preferred = remembered((accept) => negotiateEncoding(accept, codings) as Coding | 'identity')
  const onResponse: HttpLayer = onAnswer((response, request) => {
    const accept = request.fields.get('accept-encoding')
    if (response.status === 304) return notModified(request, response, accept)
    const given = representationOf(response.fields, lengthOf(response.body))
    if (!mayBeEncoded(response.status, given, eligibility)) return response
    addVary(response.fields)
    const coding = accept === undefined ? 'identity' : preferred(accept)
    if (coding === 'identity' || !mayBeEncodedFor(request, credentialed)) return response
    return request.method === 'HEAD' ? described(response, coding) : encoded(response, coding, given.type, encoder)
  })
  return codings.length === 0 ? (next) => next : onResponse
}

/** A body in memory knows its length best. */
const lengthOf = (body: HttpResponse['body']): number | undefined => {
  if (body === undefined || body instanceof Readable) return undefined
  return typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
}

const encoded = (
  response: HttpResponse,
  coding: Coding,
  type: string | undefined,
  encoder: BodyEncoder,
): HttpResponse | Promise<HttpResponse> => {
  const { body } = response
  if (body === undefined) return response
  const replaced = (by: HttpResponse['body']): HttpResponse =>
    by === undefined ? response : { ...described(response, coding), body: by }
  if (body instanceof Readable) return replaced(encoder.stream(body, coding, isEventStream(type)))
  const bytes = encoder.whole(typeof body === 'string' ? Buffer.from(body) : body, coding)
  return bytes instanceof Promise ? bytes.then(replaced) : replaced(bytes)
}

/** Other octets than those of the plain form: a strong validator no longer holds, and ranges of the one are of no use to who holds the other. */
const described = (response: HttpResponse, coding: Coding): HttpResponse => {
  const { flat } = response.fields
  const fields = ['content-encoding', coding]
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? ''
    const value = flat[i + 1] ?? ''
    if (name === 'content-length' || name === 'accept-ranges' || name === 'content-encoding') continue
    fields.push(name, name === 'etag' && !value.startsWith('W/') ? `W/${value}` : value)
  }
  return { status: response.status, fields: Fields.adopt(fields), body: response.body, madeFrom: response }
}

const weaken = (fields: Fields): void => {
  const etag = fields.get('etag')
  if (etag !== undefined && !etag.startsWith('W/')) fields.set('etag', `W/${etag}`)
}

const addVary = (fields: Fields): void => {
  const vary = fields.get('vary')
  if (vary === undefined) fields.append('vary', 'accept-encoding')
  else if (!/(?:^|,)\s*(?:\*|accept-encoding)\s*(?:,|$)/i.test(vary)) fields.set('vary', `${vary}, accept-encoding`)
}

/** The client must find the tag that it was given: the weak one, when what it keeps is encoded (RFC 9111 §4.3.4). */
const notModified = (request: HttpRequest, response: HttpResponse, accept: string | undefined): HttpResponse => {
  const etag = response.fields.get('etag')
  const known = request.fields.get('if-none-match')
  if (accept === undefined || etag === undefined || known === undefined || etag.startsWith('W/')) return response
  if (known.includes(`W/${etag}`)) {
    weaken(response.fields)
    addVary(response.fields)
  }
  return response
}
