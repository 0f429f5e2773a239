import { Fields, type HttpRequest } from '@roundtrip/http'
import { expect, it } from 'vitest'
import { Attempt } from './attempt.ts'
import { hopByHop } from './hop-by-hop.ts'
import { testContext, testRequest } from './testing.ts'

const passedOn = async (request: HttpRequest): Promise<HttpRequest> => {
  const seen = Promise.withResolvers<HttpRequest>()
  const layer = hopByHop()(async (passed) => {
    seen.resolve(passed)
    return { status: 200, fields: Fields.of(), body: undefined }
  })
  await layer(request, testContext())
  return seen.promise
}

it('passes a request on as it is when there is nothing to strip', async () => {
  const request = testRequest({ fields: Fields.of({ accept: '*/*' }) })
  expect(await passedOn(request)).toBe(request)
})

it('strips a copy, so that layers above keep what came', async () => {
  const request = testRequest({
    fields: Fields.of({ connection: 'x-secret', 'x-secret': '1', te: 'trailers', accept: '*/*' }),
  })
  expect((await passedOn(request)).fields.flat).toEqual(['accept', '*/*'])
  expect(request.fields.has('x-secret')).toBe(true)
})

it('keeps what is known of an attempt', async () => {
  const attempt = new Attempt(testRequest({ fields: Fields.of({ upgrade: 'h2c' }) }), [])
  attempt.firstByteTimeoutMs = 5
  attempt.totalTimeoutMs = 6
  attempt.signal = new AbortController().signal
  const passed = await passedOn(attempt)
  expect(passed).toBeInstanceOf(Attempt)
  expect(passed).toMatchObject({
    firstByteTimeoutMs: 5,
    totalTimeoutMs: 6,
    tried: attempt.tried,
    signal: attempt.signal,
  })
})
