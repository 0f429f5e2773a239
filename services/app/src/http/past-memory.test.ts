/** A cache in front that asks past what may be old gets nothing out of this process' memory, which hears of changes late. */
import type { Cache, Wanted } from '@roundtrip/cache'
import { sessionPosition, type Database } from '@roundtrip/postgres'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createCatalogue } from '../shop/catalogue.ts'
import { errorEnvelope } from './error-envelope.ts'
import { requestContext } from './request-context.ts'
import { createServer } from './server.ts'
import { visitOf, visits } from './visit.ts'

const build = () => {
  const asked: (boolean | undefined)[] = []
  const cache = {
    getOrLoad: async (_: string, { sharedOnly }: Wanted<unknown>) => {
      asked.push(sharedOnly)
      return { value: { id: 7 }, outcome: 'hit' as const }
    },
  }
  const catalogue = createCatalogue({} as Database, cache as unknown as Cache)
  const app = createServer(1000, pino({ level: 'silent' }))
  requestContext(app, () => 0)
  visits(app, { positions: sessionPosition({ secret: 'of this test' }), requestTimeoutMs: 1000, clock: () => 0 })
  errorEnvelope(app)
  app.get('/', async (request) => catalogue.byId(7, visitOf(request)))
  return { app, asked }
}

test.each<[string | undefined, boolean]>([
  [undefined, false],
  ['max-age=0', true],
  ['max-age=1', true],
  ['Max-Age=1, only-if-cached', true],
  ['no-cache', true],
  ['no-store', true],
  ['no-cache, max-age=0', true],
  // By then a second has passed, and with it all that memory may have kept.
  ['max-age=2', false],
  ['max-age=10', false],
  ['max-stale=0', false],
])('Cache-Control %s: %s', async (field, expected) => {
  const { app, asked } = build()
  const answer = await app.inject({ url: '/', headers: field === undefined ? {} : { 'cache-control': field } })
  expect([answer.statusCode, asked]).toEqual([200, [expected]])
})
