/** For tests: an origin whose octets each say what they are of, and a judge who knows what a cache may make of them. */
import { Readable } from 'node:stream'
import { RoundtripError } from '@roundtrip/errors'
import { selectRange, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import { Scenario, type Seen } from './testing.ts'

/** What the origin does in one step. */
export interface Mood {
  readonly failure: 'none' | '503' | 'unreachable' | 'broken-off'
  readonly ignoresRange: boolean
  readonly isStreamed: boolean
}

export interface Ask {
  readonly method: 'GET' | 'HEAD'
  readonly target: string
  readonly kind: string
  readonly fields: Readonly<Record<string, string>>
  readonly mood: Mood
}

/** What a version says of itself. Milliseconds; `barred`: for nobody but the one who asked, or never without asking. */
interface Policy {
  readonly text: string
  readonly barred?: boolean
  readonly lifetimeMs?: number
  readonly revalidateMs?: number
  readonly ifErrorMs?: number
  /** Whether others than the origin may allow it stale. */
  readonly isStrict?: boolean
}

const policies: readonly Policy[] = [
  { text: 'max-age=3', lifetimeMs: 3000 },
  { text: 'max-age=2, stale-while-revalidate=3', lifetimeMs: 2000, revalidateMs: 3000 },
  { text: 'max-age=2, stale-if-error=4', lifetimeMs: 2000, ifErrorMs: 4000 },
  { text: 'max-age=2, must-revalidate', lifetimeMs: 2000, isStrict: true },
  { text: 's-maxage=3, max-age=9', lifetimeMs: 3000, isStrict: true },
  { text: 'max-age=9, no-cache', barred: true },
  { text: 'max-age=9, no-store', barred: true },
  { text: 'max-age=9, private', barred: true },
]
const totalBytes = 20
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const resources = ['/a x', '/a y', '/b x', '/b y']

/** No two versions of any resource have an octet in common at the same place. */
export const contentOf = (resource: string, version: number): string =>
  Array.from({ length: totalBytes }, (_, at) => alphabet[(resources.indexOf(resource) + 5 * version + at) % 62]).join(
    '',
  )

interface Version {
  readonly resource: string
  readonly number: number
  /** When, and in which step, the origin last said so. */
  saidMs: number
  saidIn: number
}

export class CacheModel {
  readonly play = new Scenario()
  /** What the cache did that it must not. */
  readonly wrong: string[] = []
  readonly statuses = new Map<string, number>()
  readonly #current = new Map(resources.map((resource) => [resource, 0]))
  readonly #said = new Map<string, Version>()
  /** Step in which a target was last purged or written to, and when it was purged softly. */
  readonly #purgedIn = new Map<string, number>()
  readonly #softlyMs = new Map<string, number>()
  #step = 0
  #mood: Mood = { failure: 'none', ignoresRange: false, isStreamed: false }

  constructor() {
    this.play.answersWith((request) => this.#answer(request))
  }

  change(target: string): void {
    this.#step++
    for (const resource of resources) {
      if (resource.startsWith(target)) this.#current.set(resource, Math.min(11, (this.#current.get(resource) ?? 0) + 1))
    }
  }

  purge(target: string, how: 'url' | 'prefix' | 'key' | 'soft'): void {
    this.#step++
    const url = `https://www.roundtrip.test${target}`
    if (how === 'soft') this.#softlyMs.set(target, this.play.nowMs)
    else this.#purgedIn.set(target, this.#step)
    if (how === 'prefix') this.play.store.purge({ prefix: url })
    else if (how === 'key') this.play.store.purge({ surrogateKeys: [`key${target}`] })
    else this.play.store.purge({ url, soft: how === 'soft' })
  }

  async write(target: string, isRefused: boolean): Promise<void> {
    this.change(target)
    const other = target === '/a' ? '/b' : '/a'
    this.play.answersWith(() => this.play.response({ status: isRefused ? 409 : 201, fields: { location: other } }))
    await this.play.ask(target, {}, 'POST')
    this.play.answersWith((request) => this.#answer(request))
    if (!isRefused) for (const one of [target, other]) this.#purgedIn.set(one, this.#step)
  }

  async ask(asked: Ask): Promise<void> {
    this.#step++
    this.#mood = asked.mood
    const { target, kind, fields, method } = asked
    try {
      const seen = await this.play.ask(target, { 'x-kind': kind, ...fields }, method)
      this.statuses.set(`${seen.status}`, (this.statuses.get(`${seen.status}`) ?? 0) + 1)
      const problem = this.#judge(asked, seen)
      if (problem !== undefined) this.#report(asked, seen, problem)
    } catch (error) {
      const isExpected = asked.mood.failure === 'unreachable' || asked.mood.failure === 'broken-off'
      if (!isExpected) this.wrong.push(`${JSON.stringify(asked)}: ${String(error)}`)
    }
  }

  /** Of a version of a resource that it names by its number before the current one. */
  etag(target: string, kind: string, before: number): string {
    return `"${target} ${kind} ${(this.#current.get(`${target} ${kind}`) ?? 0) - before}"`
  }

  #answer({ target, fields, method }: HttpRequest): HttpResponse {
    const { failure, ignoresRange, isStreamed } = this.#mood
    if (failure === 'unreachable') throw new RoundtripError('UPSTREAM_RESET')
    if (failure === '503') return this.play.response({ status: 503, body: 'no' })
    const resource = `${target} ${fields.get('x-kind') ?? ''}`
    const number = this.#current.get(resource) ?? 0
    const etag = `"${resource} ${number}"`
    this.#said.set(etag, { resource, number, saidMs: this.play.nowMs, saidIn: this.#step })
    const cacheControl = policies[(number + resources.indexOf(resource)) % policies.length]?.text ?? ''
    const common = { 'cache-control': cacheControl, vary: 'x-kind', etag, 'surrogate-key': `key${target}` }
    if (fields.get('if-none-match')?.includes(etag) === true) return this.play.response({ status: 304, fields: common })
    const text = contentOf(resource, number)
    const ifRange = fields.get('if-range')
    const isWhole = ignoresRange || method === 'HEAD' || (ifRange !== undefined && ifRange !== etag)
    const selection = selectRange(isWhole ? undefined : fields.get('range'), totalBytes)
    if (selection.kind === 'unsatisfiable') return this.play.response({ status: 416, fields: common, body: '' })
    const [first, last] =
      selection.kind === 'part' ? [selection.range.first, selection.range.last] : [0, totalBytes - 1]
    const body = text.slice(first, last + 1)
    const named = {
      ...common,
      'content-length': String(body.length),
      // Those who sent If-Range know them (RFC 9110 §15.3.7).
      ...(ifRange === undefined || selection.kind === 'whole' ? { 'content-type': `text/${resource.at(-1)}` } : {}),
      ...(selection.kind === 'part' ? { 'content-range': `bytes ${first}-${last}/${totalBytes}` } : {}),
    }
    const sent = isStreamed
      ? Readable.from(this.#arriving(body, failure === 'broken-off'), { objectMode: false })
      : body
    return this.play.response({
      status: selection.kind === 'part' ? 206 : 200,
      fields: named,
      body: method === 'GET' ? sent : '',
    })
  }

  async *#arriving(text: string, isBrokenOff: boolean): AsyncGenerator<Buffer> {
    yield Buffer.from(text.slice(0, 2))
    if (isBrokenOff) throw new RoundtripError('UPSTREAM_RESET')
    yield Buffer.from(text.slice(2))
  }

  #report(asked: Ask, { status, body, cache, fields }: Seen, problem: string): void {
    this.wrong.push(`${problem}: ${JSON.stringify(asked)} got ${status} ${body} (${cache}) ${JSON.stringify(fields)}`)
  }

  #judge(asked: Ask, { status, body, fields, age }: Seen): string | undefined {
    const { mood, method } = asked
    if (status === 503) return mood.failure === '503' ? undefined : 'a failure of another time'
    if (status === 504) return asked.fields['cache-control'] === 'only-if-cached' ? undefined : 'no answer'
    if (status === 416) return asked.fields['range'] === 'bytes=90-' ? undefined : 'a range of somebody else'
    if (fields['surrogate-key'] !== undefined) return 'tells what is for the cache alone'
    const version = this.#said.get(fields['etag'] ?? '')
    if (version === undefined) return 'a version that never was'
    if (version.resource !== `${asked.target} ${asked.kind}`) return 'of another resource'
    const stale = this.#whyTooOld(version, asked)
    if (stale !== undefined) return stale
    if (age !== undefined && age * 1000 < this.play.nowMs - version.saidMs) return 'makes itself younger than it is'
    if (status === 304) return asked.fields['if-none-match'] === fields['etag'] ? undefined : '304 for what it has not'
    return method === 'HEAD'
      ? body === ''
        ? undefined
        : 'content'
      : whyNotContent(asked, version, status, body, fields)
  }

  #whyTooOld({ resource, number, saidMs, saidIn }: Version, asked: Ask): string | undefined {
    if (saidIn === this.#step) return undefined
    const {
      text,
      barred,
      lifetimeMs = 0,
      revalidateMs = 0,
      ifErrorMs,
      isStrict = false,
    } = policies[(number + resources.indexOf(resource)) % policies.length] as Policy
    if (barred === true) return `not to be used again (${text})`
    if ((this.#purgedIn.get(asked.target) ?? 0) > saidIn) return 'older than a purge'
    const { failure } = asked.mood
    const demand = asked.fields['cache-control']
    const ageMs = this.play.nowMs - saidMs
    const grace = (this.#softlyMs.get(asked.target) ?? -1) >= saidMs && !isStrict ? 10_000 : 0
    let staleMs = Math.max(revalidateMs, text.includes('must-revalidate') ? 0 : grace)
    if (failure === '503') staleMs = Math.max(staleMs, ifErrorMs ?? 0)
    if (failure === 'unreachable') staleMs = Math.max(staleMs, ifErrorMs ?? (isStrict ? 0 : 60_000))
    if (demand === 'max-stale' && !isStrict) staleMs = Number.POSITIVE_INFINITY
    if (ageMs >= lifetimeMs + staleMs) return `stale (${text}, ${ageMs} ms)`
    const isStandIn = failure === '503' || failure === 'unreachable'
    if (demand === 'no-cache' && !isStandIn) return 'not asked for anew'
    return demand === 'max-age=1' && ageMs >= 1000 && !isStandIn ? 'older than the client wants' : undefined
  }
}

const whyNotContent = (
  asked: Ask,
  { resource, number }: Version,
  status: number,
  body: string,
  fields: Record<string, string>,
): string | undefined => {
  const whole = contentOf(resource, number)
  if (status === 200) {
    if (fields['content-type'] === undefined) return 'has lost a field'
    return body === whole ? undefined : 'wrong bytes'
  }
  if (status !== 206) return 'a status that nobody sent'
  const ifRange = asked.fields['if-range']
  if (ifRange !== undefined && ifRange !== fields['etag']) return 'a part of what the client has not'
  const selection = selectRange(asked.fields['range'], totalBytes)
  if (selection.kind !== 'part') return 'a part that nobody asked for'
  const { first, last } = selection.range
  if (fields['content-range'] !== `bytes ${first}-${last}/${totalBytes}`) return 'another part'
  if (ifRange === undefined && fields['content-type'] === undefined) return 'a part that has lost a field'
  return body === whole.slice(first, last + 1) ? undefined : 'wrong bytes'
}
