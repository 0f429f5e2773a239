/** A response in the store: what of it is kept (RFC 9111 §3.1), and all that reuse asks of it computed beforehand. */
import { formatHttpDate, type Fields } from '@roundtrip/http'
import { initialAgeMs, type Exchanged } from './policy/age.ts'
import { readDate } from './policy/date.ts'
import { has, isBare, namesOf, secondsOf } from './policy/directives.ts'
import {
  freshnessOf,
  policyOf,
  type Freshness,
  type FreshnessDefaults,
  type ResponsePolicy,
} from './policy/freshness.ts'
import type { InnerRules } from './policy/inner.ts'
import { dropUnstorableFields } from './policy/stored-fields.ts'
import { evictionNode, type EvictionNode } from '@roundtrip/s3-fifo'

/** What becomes of a response's age over time; replaced as a whole when a 304 freshens it. */
export interface Lifetime {
  readonly exchanged: Exchanged
  readonly initialAgeMs: number
  readonly freshness: Freshness
  /** `no-cache` without field names: never without asking. */
  readonly alwaysValidate: boolean
  /** `must-revalidate` or `proxy-revalidate`: stale, it is of no use, whatever anybody allows (§5.2.2.2, §5.2.2.8). */
  readonly mustRevalidate: boolean
  /** `s-maxage` implies the same (§5.2.2.10), but for windows that the origin itself opens beside it (RFC 5861). */
  readonly isShared: boolean
  readonly staleWhileRevalidateMs: number
  /** Undefined when the origin says nothing of it. */
  readonly staleIfErrorMs: number | undefined
}

export interface Head {
  readonly status: number
  /** Flat, lower-case, without Age and what concerns this hop only. Never changed: hits copy it. */
  readonly flat: readonly string[]
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  readonly lastModifiedMs: number | undefined
  readonly lifetime: Lifetime
  readonly surrogateKeys: readonly string[]
}

/** A run of octets of a representation, by its first position. */
export interface Part {
  readonly first: number
  readonly bytes: Uint8Array
}

/** Octets that lie on disk and are read, and checked, when they are wanted. */
export interface OnDisk {
  readonly sizeBytes: number
  read(): Promise<Uint8Array | undefined>
}

export class StoredResponse {
  readonly key: string
  readonly varyNames: readonly string[]
  readonly varyValues: readonly string[]
  head: Head
  /** The whole content, or where it lies; undefined while only `parts` are known. */
  body: Uint8Array | OnDisk | undefined
  /** In order and apart from each other, with the length of the whole. */
  partial: { readonly parts: readonly Part[]; readonly totalBytes: number } | undefined
  /** Soft-purged: stale from here on, however long it was to live. */
  purgedMs: number | undefined
  /** What counts of it in memory while its content is on disk, or on its way there; 0 while it counts as a whole. */
  diskHeadBytes = 0
  isRevalidating = false
  isBeingCompleted = false
  /** Its place in the queues of the eviction policy. */
  readonly node: EvictionNode<StoredResponse> = evictionNode(this, 0)
  /** The last texts of Age and Cache-Status, good for one second. */
  readonly hitTexts = { ageSeconds: -1, age: '', status: '' }

  constructor(
    key: string,
    varyNames: readonly string[],
    varyValues: readonly string[],
    head: Head,
    body: StoredResponse['body'],
  ) {
    this.key = key
    this.varyNames = varyNames
    this.varyValues = varyValues
    this.head = head
    this.body = body
  }
}

const splitKeys = (field: string | undefined): string[] => [...new Set(field?.split(/\s+/).filter((key) => key !== ''))]

const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000

const lifetimeOf = (fields: Fields, exchanged: Exchanged, policy: ResponsePolicy, freshness: Freshness): Lifetime => {
  const { directives } = policy
  return {
    exchanged,
    initialAgeMs: initialAgeMs(fields, exchanged),
    freshness,
    alwaysValidate: isBare(directives, 'no-cache'),
    mustRevalidate: has(directives, 'must-revalidate') || has(directives, 'proxy-revalidate'),
    isShared: has(directives, 's-maxage'),
    staleWhileRevalidateMs: milliseconds(secondsOf(directives, 'stale-while-revalidate')) ?? 0,
    staleIfErrorMs: milliseconds(secondsOf(directives, 'stale-if-error')),
  }
}

/** @param fields as received; left as they are */
export const headOf = (
  status: number,
  fields: Fields,
  exchanged: Exchanged,
  rules: FreshnessDefaults & InnerRules,
): Head => {
  const policy = policyOf(fields)
  const freshness = freshnessOf(status, fields, exchanged, policy, rules)
  const kept = fields.clone()
  const surrogateKeys = splitKeys(kept.get('surrogate-key'))
  const named = [...namesOf(policy.directives, 'no-cache'), ...namesOf(policy.directives, 'private')]
  dropUnstorableFields(kept, named, rules)
  // A recipient with a clock notes when the response came if the origin does not say (RFC 9110 §6.6.1).
  if (!kept.has('date')) kept.append('date', formatHttpDate(new Date(exchanged.responseMs)))
  const lastModified = kept.get('last-modified')
  return {
    status,
    flat: kept.flat,
    etag: kept.get('etag'),
    lastModified,
    lastModifiedMs: readDate(lastModified, exchanged.responseMs),
    lifetime: lifetimeOf(fields, exchanged, policy, freshness),
    surrogateKeys,
  }
}

/** How old it is now (RFC 9111 §4.2.3). */
export const currentAgeMs = ({ lifetime }: Head, nowMs: number): number =>
  lifetime.initialAgeMs + Math.max(0, nowMs - lifetime.exchanged.responseMs)

/** What is left of the life that its origin gave it; negative once it is stale, by how much. */
export const lifetimeLeftMs = ({ head }: StoredResponse, nowMs: number): number =>
  head.lifetime.freshness.lifetimeMs - currentAgeMs(head, nowMs)

/** The same, but for a soft purge, which ends it. */
export const remainingMs = (stored: StoredResponse, nowMs: number): number => {
  const leftMs = lifetimeLeftMs(stored, nowMs)
  return stored.purgedMs === undefined ? leftMs : Math.min(leftMs, stored.purgedMs - nowMs)
}

const perStringBytes = 24
/** Object, map and index slots, measured roughly on V8 and rounded up. */
const perResponseBytes = 1024

const textBytes = (texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + text.length + perStringBytes, 0)

/** Its content as far as it is in memory. */
export const contentBytesOf = ({ body, partial }: StoredResponse): number => {
  const partBytes = partial?.parts.reduce((sum, { bytes }) => sum + bytes.byteLength, 0) ?? 0
  return body instanceof Uint8Array ? body.byteLength : partBytes
}

/** All that it holds in memory, not only its content. */
export const sizeOf = (stored: StoredResponse): number => {
  const { key, head, varyNames, varyValues } = stored
  const texts = textBytes(head.flat) + textBytes(head.surrogateKeys) + textBytes(varyNames) + textBytes(varyValues)
  return contentBytesOf(stored) + texts + key.length + perResponseBytes
}
