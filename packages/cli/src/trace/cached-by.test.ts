import { Fields } from '@roundtrip/http'
import { expect, it } from 'vitest'
import { cachedBy } from './cached-by.ts'
import { madeTrace } from './testing/made-trace.ts'

const { response } = madeTrace()
if (response === undefined) throw new Error('a made trace has one')

it.each([
  [undefined, undefined],
  ['roundtrip-edge; fwd=uri-miss; fwd-status=200; stored', undefined],
  ['roundtrip-edge; hit; ttl=3', 'roundtrip-edge'],
  ['"roundtrip-web"; hit, roundtrip-edge; fwd=stale', 'roundtrip-web'],
  ['roundtrip-web; hit, roundtrip-edge; hit; ttl=3', 'roundtrip-edge'],
  ['roundtrip-edge; fwd=miss; detail="no hit, hit"', undefined],
])('%s', (status, expected) => {
  const fields = status === undefined ? Fields.of() : Fields.of({ 'cache-status': status })
  expect(cachedBy(madeTrace({ response: { ...response, fields } }))).toBe(expected)
})
