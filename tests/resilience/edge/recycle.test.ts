/** Workers that are replaced one by one under load, each telling its clients over HTTP/2 to go elsewhere (RFC 9113 §6.8). */
import { expect, it } from 'vitest'
import { askAdmin } from '../../helpers/ask-admin.ts'
import { childrenOf } from '../../helpers/processes.ts'
import { underLoad } from './use-edge.ts'

const times = 2

it('workers are replaced under sessions of many streams, uploads among them, and no request fails', async () => {
  const { edge, load } = await underLoad(
    { EDGE_WORKERS: '2', EDGE_ADMIN_PORT: '0' },
    { http1Lanes: 0, http2Sessions: 6, streamsPerSession: 8 },
  )
  const before = childrenOf(edge.child.pid)
  for (let time = 0; time < times; time += 1) {
    await askAdmin(edge.adminOrigin ?? '', { method: 'POST', path: '/recycle' })
    await load.answered(200)
  }
  const report = await load.stop()
  expect(childrenOf(edge.child.pid).filter((pid) => before.includes(pid))).toEqual([])
  expect(report.wrong).toEqual([])
  expect(report.failures).toEqual([])
  expect(report.right).toBeGreaterThan(200 * times)
})
