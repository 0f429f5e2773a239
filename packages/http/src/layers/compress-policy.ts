/** Which responses may be encoded on the way out, and for whom: the policy, one question a function (RFC 9110 §8.4, §12.5.3). */
import type { Fields } from '../fields.ts'
import type { HttpRequest } from '../message.ts'
import { remembered } from '../remembered.ts'

/** What the fields say about a representation. */
export interface Representation {
  readonly type: string | undefined
  readonly coding: string | undefined
  readonly lengthBytes: number | undefined
  readonly cacheControl: string | undefined
  readonly isPartial: boolean
  /** Has a digest over its content as it is (RFC 9530 §2). */
  readonly isDigested: boolean
}

/** @param knownBytes how long the content is, when that is known better than the fields do */
export const representationOf = ({ flat }: Fields, knownBytes?: number): Representation => {
  let type, coding, length, cacheControl
  let isPartial = false
  let isDigested = false
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? ''
    // Nearly all of what is asked for begins with a c.
    if (!name.startsWith('c')) isDigested ||= name === 'repr-digest' || name === 'digest'
    else if (name === 'content-type') type = flat[i + 1]
    else if (name === 'content-encoding') coding = flat[i + 1]
    else if (name === 'content-length') length = flat[i + 1]
    else if (name === 'cache-control') cacheControl = joined(cacheControl, flat[i + 1])
    else if (name === 'content-range') isPartial = true
    else if (name === 'content-digest' || name === 'content-md5') isDigested = true
  }
  const lengthBytes = knownBytes ?? (length === undefined ? undefined : Number(length))
  return { type, coding, lengthBytes, cacheControl, isPartial, isDigested }
}

const joined = (before: string | undefined, value: string | undefined): string | undefined =>
  before === undefined ? value : `${before},${value ?? ''}`

/** Statuses whose content stands for a whole representation, or explains an error. */
const hasWholeContent = (status: number): boolean =>
  status >= 200 && status !== 204 && status !== 205 && status !== 206 && status !== 304

const isPlain = (coding: string | undefined): boolean => coding === undefined || coding.toLowerCase() === 'identity'

/** The origin forbids it (RFC 9111 §5.2.2.6). */
const forbidsTransform = (cacheControl: string | undefined): boolean =>
  cacheControl !== undefined && /(?:^|[,\s])no-transform(?:$|[,\s])/i.test(cacheControl)

const isLargeEnough = (lengthBytes: number | undefined, minBytes: number): boolean =>
  lengthBytes === undefined || lengthBytes >= minBytes

export interface Eligibility {
  readonly minBytes: number
  readonly isCompressibleType: (type: string) => boolean
}

/** Whether it could be encoded for some client; then answers differ by `Accept-Encoding`, whatever this client gets. */
export const mayBeEncoded = (status: number, given: Representation, policy: Eligibility): boolean =>
  given.type !== undefined &&
  hasWholeContent(status) &&
  isPlain(given.coding) &&
  !given.isPartial &&
  !given.isDigested &&
  isLargeEnough(given.lengthBytes, policy.minBytes) &&
  policy.isCompressibleType(given.type) &&
  !forbidsTransform(given.cacheControl)

export type CredentialedPolicy = 'always' | 'same-site' | 'never'

const isCredentialed = ({ fields }: HttpRequest): boolean => fields.has('cookie') || fields.has('authorization')

/**
 * BREACH: who can make a victim's browser send requests, and sees how long the answers are, can guess a secret in them
 * character by character when their own input is compressed next to it. That takes requests from another site with the
 * victim's credentials; `same-site` leaves those answers plain (Fetch Metadata: every browser says where a request is from).
 */
export const mayBeEncodedFor = (request: HttpRequest, policy: CredentialedPolicy): boolean =>
  policy === 'always' ||
  (policy === 'same-site' && request.fields.get('sec-fetch-site') !== 'cross-site') ||
  !isCredentialed(request)

/** Answers that come piece by piece and are waited for piece by piece. */
export const isEventStream = (type: string | undefined): boolean =>
  type !== undefined && (type.startsWith('text/event-stream') || type.startsWith('application/x-ndjson'))

/** @param patterns media types, with `*` for all that begins or ends so: `text/*`, `*+json` */
export const typeMatcher = (patterns: readonly string[]): ((type: string) => boolean) => {
  const matches = (essence: string): boolean =>
    patterns.some((pattern) => {
      if (pattern.endsWith('*')) return essence.startsWith(pattern.slice(0, -1))
      return pattern.startsWith('*') ? essence.endsWith(pattern.slice(1)) : essence === pattern
    })
  return remembered((type) => matches(type.split(';', 1)[0]?.trim().toLowerCase() ?? ''))
}
