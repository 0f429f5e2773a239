import { Fields, type HttpResponse } from '@roundtrip/http'
import { testContext, testRequest } from '@roundtrip/http/testing'
import { expect, it } from 'vitest'
import { conditionalRange } from './conditional-range.ts'

const answerTo = async (fields: Record<string, string>) => {
  const whole: HttpResponse = {
    status: 200,
    fields: Fields.of({ etag: '"a"', 'content-length': 5 }),
    body: Buffer.from('hello'),
  }
  const handler = conditionalRange()(async () => whole)
  return { whole, answer: await handler(testRequest({ fields: Fields.of(fields) }), testContext()) }
}

it.each([
  [304, 'the condition', { 'if-none-match': '"a"' }],
  [206, 'the range', { range: 'bytes=1-2' }],
  [416, 'the range that is not there', { range: 'bytes=9-' }],
])('a %i for %s says of which response it was made', async (status, _what, fields) => {
  const { whole, answer } = await answerTo(fields)
  expect(answer.status).toBe(status)
  expect(answer.madeFrom).toBe(whole)
})
