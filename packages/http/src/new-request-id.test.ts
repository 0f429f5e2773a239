import { expect, it } from 'vitest'
import { newRequestId } from './new-request-id.ts'

it('names each request once, in what may stand in a field and is believed by the next hop', () => {
  const ids = Array.from({ length: 1000 }, newRequestId)
  expect(new Set(ids).size).toBe(1000)
  expect(ids.every((id) => /^[\w.:-]{1,128}$/.test(id))).toBe(true)
})
