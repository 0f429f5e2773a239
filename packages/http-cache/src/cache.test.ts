import { Readable } from 'node:stream'
import { RoundtripError } from '@roundtrip/errors'
import { selectRange, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { contentOf } from './cache-model.ts'
import { seededRandom } from './simulation/trace.ts'
import { Scenario, settled, testClient, type Seen } from './testing.ts'

/** In two pieces, of which the second may never come. */
async function* arriving(text: string, isBroken: boolean): AsyncGenerator<Buffer> {
  yield Buffer.from(text.slice(0, 3))
  await settled()
  if (isBroken) throw new RoundtripError('UPSTREAM_RESET')
  yield Buffer.from(text.slice(3))
}

/** An origin that does anything an origin may do; the content always says what was asked for and in which version. */
const moody = (play: Scenario, random: () => number, version: () => number) => {
  const directives = [
    'max-age=2',
    'max-age=1, stale-while-revalidate=3',
    'no-store',
    'private',
    'max-age=1, stale-if-error=5',
    'no-cache',
  ]
  return async ({ target, fields }: HttpRequest): Promise<HttpResponse> => {
    const began = version()
    for (let i = random() * 4; i > 0; i--) await settled()
    const mood = random()
    if (mood < 0.1) throw new RoundtripError('UPSTREAM_RESET')
    const kind = fields.get('x-kind') ?? ''
    const etag = `"${target}-${kind}-${began}"`
    const common = { 'cache-control': directives[Math.floor(random() * directives.length)] ?? '', vary: 'x-kind', etag }
    if (fields.get('if-none-match')?.includes(etag) === true) return play.response({ status: 304, fields: common })
    const text = `${target} ${kind} ${began}`
    if (mood < 0.2) return play.response({ status: 503, body: text })
    if (mood < 0.5) return play.response({ fields: common, body: text })
    const body = Readable.from(arriving(text, mood < 0.6), { objectMode: false })
    return play.response({ fields: { ...common, 'content-length': String(text.length) }, body })
  }
}

/** The same in parts: what it sends is of one version, whatever becomes of the resource meanwhile. */
const moodyInParts = (play: Scenario, random: () => number, version: () => number) => {
  return async ({ target, fields }: HttpRequest): Promise<HttpResponse> => {
    const resource = `${target} ${fields.get('x-kind') ?? ''}`
    const etag = `"${resource} ${version()}"`
    const whole = contentOf(resource, version())
    for (let i = random() * 4; i > 0; i--) await settled()
    if (random() < 0.1) throw new RoundtripError('UPSTREAM_RESET')
    const common = { 'cache-control': 'max-age=2, stale-while-revalidate=2', vary: 'x-kind', etag }
    if (fields.get('if-none-match')?.includes(etag) === true) return play.response({ status: 304, fields: common })
    const isWhole = fields.has('if-range') && fields.get('if-range') !== etag
    const selection = selectRange(isWhole ? undefined : fields.get('range'), whole.length)
    const { first, last } = selection.kind === 'part' ? selection.range : { first: 0, last: whole.length - 1 }
    const text = whole.slice(first, last + 1)
    const body = random() < 0.4 ? text : Readable.from(arriving(text, random() < 0.2), { objectMode: false })
    if (selection.kind !== 'part') return play.response({ fields: common, body })
    return play.response({ status: 206, fields: { ...common, 'content-range': `bytes ${first}-${last}/20` }, body })
  }
}

/** What a client has been given must be so much of the version that its entity tag names. */
const isOfOneVersion = (resource: string, { body, fields }: Seen): boolean => {
  const whole = contentOf(resource, Number(fields['etag']?.slice(resource.length + 2, -1)))
  const [, first = '0', last = '19'] = /^bytes (\d+)-(\d+)/.exec(fields['content-range'] ?? '') ?? []
  return body === whole.slice(Number(first), Number(last) + 1)
}

describe('the cache', () => {
  it.each([1, 2, 3, 4, 5])('puts no parts together that are not of one version (seed %i)', async (seed) => {
    const random = seededRandom(seed)
    const play = new Scenario()
    let version = 1
    play.answersWith(moodyInParts(play, random, () => version))
    const ranges = ['bytes=0-9', 'bytes=10-19', 'bytes=5-14', 'bytes=-4', undefined, undefined]
    const wrong: Seen[] = []
    const pending: Promise<void>[] = []
    for (let i = 0; i < 1000; i++) {
      const [target, kind] = [`/${'ab'[Math.floor(random() * 2)]}`, 'xy'[Math.floor(random() * 2)] ?? '']
      const range = ranges[Math.floor(random() * ranges.length)]
      const client = testClient()
      const asked = play
        .askAs(client, target, { 'x-kind': kind, ...(range !== undefined && { range }) })
        .then((seen) => void (isOfOneVersion(`${target} ${kind}`, seen) || wrong.push(seen)))
      pending.push(asked.catch(() => undefined))
      if (random() < 0.1) client.leave()
      if (random() < 0.3) play.nowMs += random() * 1000
      if (random() < 0.3) await settled()
      if (random() < 0.05) version++
      if (random() < 0.01) play.store.purge({ host: 'www.roundtrip.test' })
    }
    await Promise.all(pending)
    for (let turns = 0; play.store.journal.underWay > 0 && turns < 50; turns++) await settled()
    expect(wrong).toEqual([])
    expect(play.requests.filter(({ fields }) => fields.has('if-range')).length).toBeGreaterThan(3)
    expect(play.store.journal.underWay).toBe(0)
    expect(play.store.recordings.bytes).toBe(0)
  })

  it.each([1, 2, 3, 61, 106])(
    'gives nobody what is another’s, or older than a purge, whatever happens (seed %i)',
    async (seed) => {
      const random = seededRandom(seed)
      const play = new Scenario()
      let version = 1
      play.answersWith(moody(play, random, () => version))
      const wrong: string[] = []
      let answered = 0
      const check = (target: string, kind: string, oldest: number, { status, body }: Seen): void => {
        answered++
        const [gotTarget, gotKind, gotVersion] = body.split(' ')
        const isRight = gotTarget === target && gotKind === kind && Number(gotVersion) >= oldest
        if (status !== 304 && !isRight) wrong.push(`${target} ${kind} since ${oldest}: ${status} ${body}`)
      }
      const pending: Promise<void>[] = []
      for (let i = 0; i < 1500; i++) {
        const [target, kind] = [`/${Math.floor(random() * 3)}`, 'ab'[Math.floor(random() * 2)] ?? '']
        const client = testClient()
        const oldest = version
        const asked = play.askAs(client, target, { 'x-kind': kind }).then((seen) => check(target, kind, oldest, seen))
        pending.push(asked.catch(() => undefined))
        if (random() < 0.1) client.leave()
        if (random() < 0.3) play.nowMs += random() * 1000
        if (random() < 0.2) await settled()
        if (random() < 0.02) {
          version++
          play.store.purge({ host: 'www.roundtrip.test' })
        }
      }
      await Promise.all(pending)
      // Revalidations in the background take a few turns more than the last answer.
      for (let turns = 0; play.store.journal.underWay > 0 && turns < 50; turns++) await settled()
      expect(wrong).toEqual([])
      expect(answered).toBeGreaterThan(1000)
      expect(play.store.stats().hits).toBeGreaterThan(50)
      expect(play.store.journal.underWay).toBe(0)
      expect(play.store.recordings.bytes).toBe(0)
    },
  )
})
