/** Next hops that fail under load: no wrong byte, nobody else's answer, and no failure where another next hop could have answered. */
import { describe, expect, it, vi } from 'vitest'
import { askAdmin } from '../../helpers/ask-admin.ts'
import type { EdgeProcess } from '../../helpers/edge-process.ts'
import { unexcused, type LoadReport } from './checked-load.ts'
import { underLoad } from './use-edge.ts'

const expectNoneWrong = (report: LoadReport): void => {
  expect(report.wrong).toEqual([])
  expect(unexcused(report)).toEqual({})
}

/** What was begun cannot be mended, but is never taken for whole. */
const begunOf = ({ failures }: LoadReport): number => failures.filter(({ begun }) => begun).length

/** How often the edge asked another next hop. */
const retriesOf = async ({ adminOrigin = '' }: EdgeProcess): Promise<number> => {
  const [pool] = (await askAdmin(adminOrigin, { method: 'GET', path: '/pools' })) as { retries: number }[]
  return pool?.retries ?? 0
}

describe.each(['http1', 'http2'] as const)(
  'clients get right answers or none, when a next hop that speaks %s',
  (protocol) => {
    it('is killed, and comes back', async () => {
      const { load, first } = await underLoad({}, {}, protocol)
      await first.kill()
      await load.answered(500)
      await first.restart()
      await load.answered(500)
      const report = await load.stop()
      expectNoneWrong(report)
      expect(report.right).toBeGreaterThan(900)
    })

    it('resets connections or streams instead of answering', async () => {
      const { load, first } = await underLoad({}, {}, protocol)
      await first.answer('reset')
      await load.answered(500)
      const report = await load.stop()
      expectNoneWrong(report)
      expect(begunOf(report)).toBe(0)
    })

    it('sends half of each answer', async () => {
      const { load, first } = await underLoad({}, {}, protocol)
      await first.answer('half')
      await load.answered(500)
      const report = await load.stop()
      expectNoneWrong(report)
      expect(begunOf(report)).toBeGreaterThan(0)
    })

    it('is slower than it is waited for, or tells what it has in pieces', async () => {
      const { edge, load, first } = await underLoad({}, {}, protocol)
      await first.answer('slow')
      await load.answered(500)
      const report = await load.stop()
      expectNoneWrong(report)
      expect(begunOf(report)).toBe(0)
      expect(await retriesOf(edge)).toBeGreaterThan(0)
    })
  },
)

describe('clients get right answers or none, when a next hop', () => {
  it('stands still, and goes on', async () => {
    const { edge, load, first } = await underLoad()
    first.pause()
    await load.answered(500)
    // Also when that was quicker than the patience of those who wait for it.
    await vi.waitFor(async () => expect(await retriesOf(edge)).toBeGreaterThan(0), { timeout: 20_000 })
    first.resume()
    await load.answered(500)
    const report = await load.stop()
    expectNoneWrong(report)
    expect(report.right).toBeGreaterThan(900)
  })

  it('answers garbage', async () => {
    const { load, first } = await underLoad()
    await first.answer('garbage')
    await load.answered(500)
    await first.answer('well')
    await load.answered(500)
    const report = await load.stop()
    expectNoneWrong(report)
    expect(begunOf(report)).toBe(0)
  })

  it.each(['half-chunks', 'bad-chunks'] as const)('sends chunks that break off: %s', async (mode) => {
    const { load, first } = await underLoad()
    await first.answer(mode)
    await load.answered(500)
    const report = await load.stop()
    expectNoneWrong(report)
    expect(begunOf(report)).toBeGreaterThan(0)
  })
})
