/** Cacheable content that says what it is: its URL, whom or which variant it was made for, and its version. */
import { contentFor, lengthFor } from './content.ts'

/** How long a version lasts, by the clock that all processes share: longer than `max-age`, so that some validations find the same. */
export const versionMs = 3000

interface Kind {
  readonly cacheControl?: string
  /** Field of the request that names whom or which variant it is made for. */
  readonly by?: 'x-variant' | 'x-client'
  readonly hasCookie?: boolean
  readonly bytes?: number
  /** How old a version may be when it is asked for; none but the newest when absent. */
  readonly allowedMs?: number
}

/** `max-age`, and a while for the request of somebody else that was joined, its second attempt and whole seconds of Age. */
const secondAndJoined = 1000 + 3000

const kinds = {
  strict: { cacheControl: 'max-age=1, must-revalidate', allowedMs: secondAndJoined },
  varied: { cacheControl: 'max-age=1, must-revalidate', by: 'x-variant', allowedMs: secondAndJoined },
  // Stands in for a minute for next hops that cannot be reached, as is the edge's default.
  lenient: { cacheControl: 'max-age=1, stale-while-revalidate=1', allowedMs: 60_000 + secondAndJoined },
  cold: { cacheControl: 'max-age=60', allowedMs: 60_000 },
  large: { cacheControl: 'max-age=60', allowedMs: 60_000, bytes: 400_000 },
  private: { cacheControl: 'private, max-age=60', by: 'x-client' },
  cookie: { by: 'x-client', hasCookie: true },
} as const satisfies Record<string, Kind>

export type KindName = keyof typeof kinds

export type RequestFields = Readonly<Record<string, string | string[] | undefined>>

interface Resource {
  readonly kind: Kind
  readonly target: string
  readonly bytes: number
}

export const cachedTarget = (kind: KindName, id: number): string => `/cached/${kind}/${id}`

const resourceOf = (target: string): Resource | undefined => {
  const [, root, name = '', id] = target.split('/')
  if (root !== 'cached' || !(name in kinds)) return undefined
  const kind: Kind = kinds[name as KindName]
  return { kind, target, bytes: kind.bytes ?? 5000 + lengthFor(Number(id)) }
}

const madeFor = ({ by }: Kind, fields: RequestFields): string => (by === undefined ? 'all' : String(fields[by]))

const wholeOf = ({ target, bytes }: Resource, who: string, version: number): Buffer =>
  contentFor(`${target} for ${who}, version ${version}`, bytes)

export interface Representation {
  readonly status: number
  readonly fields: Readonly<Record<string, string>>
  readonly content: Buffer
}

const rangeOf = (fields: RequestFields): [first: number, end: number] | undefined => {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(String(fields['range'])) ?? []
  return first === undefined ? undefined : [Number(first), Number(last) + 1]
}

/** What an origin answers, conditions and one range heeded (RFC 9110 §13, §14); undefined for any other target. */
export const cachedAnswer = (target: string, request: RequestFields, nowMs: number): Representation | undefined => {
  const resource = resourceOf(target)
  if (resource === undefined) return undefined
  const { kind, bytes } = resource
  const who = madeFor(kind, request)
  const version = Math.floor(nowMs / versionMs)
  const etag = `"${version}-${who}"`
  const fields = {
    etag,
    ...(kind.cacheControl !== undefined && { 'cache-control': kind.cacheControl }),
    ...(kind.by === 'x-variant' && { vary: 'x-variant' }),
    ...(kind.hasCookie === true && { 'set-cookie': `client=${who}` }),
  }
  if (request['if-none-match'] === etag) return { status: 304, fields, content: Buffer.of() }
  const whole = wholeOf(resource, who, version)
  const range = rangeOf(request)
  if (range === undefined || (request['if-range'] ?? etag) !== etag) return { status: 200, fields, content: whole }
  const [first, end] = range
  const contentRange = `bytes ${first}-${Math.min(end, bytes) - 1}/${bytes}`
  return { status: 206, fields: { ...fields, 'content-range': contentRange }, content: whole.subarray(first, end) }
}

export interface CachedQuestion {
  readonly target: string
  readonly fields: RequestFields
  readonly askedAtMs: number
}

/** What is wrong with an answer of status 200 or 206; undefined when nothing is. */
export const cachedProblem = (asked: CachedQuestion, { status, fields, content }: AnswerParts): string | undefined => {
  const resource = resourceOf(asked.target)
  if (resource === undefined) return `${asked.target} is nothing cacheable`
  const { kind } = resource
  const who = madeFor(kind, asked.fields)
  const [, version, given] = /^"(\d+)-([\w-]+)"$/.exec(String(fields['etag'])) ?? []
  if (given !== who) return `made for ${given}, asked for by ${who}`
  const cookie = kind.hasCookie === true ? `client=${who}` : ''
  if (String(fields['set-cookie'] ?? '') !== cookie) return `the cookie ${String(fields['set-cookie'])} for ${who}`
  const oldest = Math.floor((asked.askedAtMs - (kind.allowedMs ?? 0)) / versionMs)
  if (Number(version) < oldest) return `version ${version}, which ended before ${oldest}`
  const whole = wholeOf(resource, who, Number(version))
  const range = status === 206 ? rangeOf(asked.fields) : undefined
  const expected = status === 206 ? whole.subarray(...(range ?? [0, 0])) : whole
  if (content.equals(expected)) return undefined
  return `${content.length} bytes of ${expected.length}, ${content.toString('latin1', 0, 60)}`
}

export interface AnswerParts {
  readonly status: number
  readonly fields: RequestFields
  readonly content: Buffer
}
