/** What a request counts as until it is delivered, and what becomes of those for whom there is no room. */
import type { SettledListener } from '@roundtrip/http'
import { expect, it } from 'vitest'
import { testContext, testRequest, testResponse } from '../testing/messages.ts'
import { loadShed } from './load-shed.ts'
import { testShedder } from '../testing/test-shedder.ts'

it('counts a request as open until it is delivered, and refuses what is too much', async () => {
  const shedder = testShedder({ initialLimit: 1, maxOpen: 1 })
  const settled: SettledListener[] = []
  const handler = loadShed({ shedder, priority: 'critical', random: () => 0 })(() => testResponse())
  const asked = () => handler(testRequest(), testContext({ onSettled: (listener) => void settled.push(listener) }))
  const statuses = [(await asked()).status, (await asked()).status]
  expect([statuses, shedder.status().open]).toEqual([[200, 503], 1])
  settled[0]?.({ outcome: 'complete', bodyBytes: 0 })
  expect([shedder.status().open, (await asked()).status]).toEqual([0, 200])
})

it('has no regard to who waits for a pool: they may be answered without it', async () => {
  const shedder = testShedder({ initialLimit: 1, maxOpen: 10 })
  shedder.upstream('default').waits()
  const handler = loadShed({ shedder, priority: 'normal' })(() => testResponse())
  expect((await handler(testRequest(), testContext())).status).toBe(200)
})
