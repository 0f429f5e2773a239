import { Readable } from 'node:stream'
import { RoundtripError } from '@roundtrip/errors'
import type { HttpRequest, HttpResponse } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
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

describe('the cache', () => {
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
      expect(play.store.reservedBytes).toBe(0)
    },
  )
})
