/** Settings that change a hundred times under load, in an edge of several workers. */
import { renameSync, writeFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import type { EdgeProcess } from '../../helpers/edge-process.ts'
import { settingsFor, underLoad } from './use-edge.ts'

/** Waiting ends as soon as the condition holds. */
const patiently = { timeout: 20_000, interval: 5 }

/** Puts a file in place of the old one as a whole, tells the edge, and waits until it says what came of it. */
const reload = async ({ child, settingsFile, log }: EdgeProcess, text: string, says: string): Promise<void> => {
  const isSaid = (line: string): boolean => line.includes(says)
  const before = log.filter(isSaid).length
  writeFileSync(`${settingsFile}.new`, text)
  renameSync(`${settingsFile}.new`, settingsFile)
  child.kill('SIGHUP')
  await vi.waitFor(() => expect(log.filter(isSaid).length).toBeGreaterThan(before), patiently)
}

it('loses no request to a hundred reloads, every tenth of them of a file that cannot be used', async () => {
  const environment = { EDGE_WORKERS: '2', EDGE_ACCESS_LOG: 'none', SERVICE_LOG_LEVEL: 'info' }
  const { edge, load, first, second } = await underLoad(environment)
  for (let count = 1; count <= 100; count += 1) {
    if (count % 10 === 0) await reload(edge, '{ routes: none }', 'cannot be used')
    else {
      const { pools, routes } = count % 2 === 0 ? settingsFor(first, second) : settingsFor(second, first)
      const extra = { name: `extra-${count}`, path: `/extra/${count}`, cache: { enabled: false } }
      await reload(edge, JSON.stringify({ pools, routes: [...routes, extra] }), 'settings reloaded')
    }
    await load.answered(10)
  }
  await load.answered(200)
  const report = await load.stop()
  expect(report.wrong).toEqual([])
  expect(report.failures).toEqual([])
  expect(report.right).toBeGreaterThan(1000)
})
