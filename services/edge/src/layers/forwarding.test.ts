import { Fields } from '@roundtrip/http'
import { expect, it } from 'vitest'
import { testContext, testRequest, testResponse } from '../testing/messages.ts'
import { forwarding } from './forwarding.ts'

it.each([
  [undefined, '1.1 roundtrip-web, 1.1 roundtrip-edge'],
  ['2' as const, '1.1 roundtrip-web, 2 roundtrip-edge'],
])('names the protocol that the answer came in: %s', async (httpVersion, via) => {
  const answer = {
    ...testResponse({ fields: Fields.of({ via: '1.1 roundtrip-web' }) }),
    ...(httpVersion && { httpVersion }),
  }
  const response = await forwarding()(async () => answer)(testRequest(), testContext())
  expect(response.fields.get('via')).toBe(via)
})
