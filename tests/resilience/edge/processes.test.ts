/** The edge's own processes and certificates under load. */
import { once } from 'node:events'
import { dirname } from 'node:path'
import { connect } from 'node:tls'
import { ensurePki } from '@roundtrip/pki'
import { expect, it, vi } from 'vitest'
import type { EdgeProcess } from '../../helpers/edge-process.ts'
import { childrenOf, isRunning } from '../../helpers/processes.ts'
import { isLostConnection } from './checked-load.ts'
import { underLoad } from './use-edge.ts'

/** Waiting ends as soon as the condition holds. */
const patiently = { timeout: 20_000, interval: 50 }

/** The names in the certificate that a new connection is shown. */
const presentedNames = async ({ httpsPort, ca }: EdgeProcess): Promise<string> => {
  const socket = connect({ host: '127.0.0.1', port: httpsPort, ca, servername: 'www.roundtrip.test' })
  await once(socket, 'secureConnect')
  const { subjectaltname = '' } = socket.getPeerCertificate()
  socket.destroy()
  return subjectaltname
}

it('a worker that is killed fails only what it had in hand, and is replaced', async () => {
  const { edge, load } = await underLoad({ EDGE_WORKERS: '2' })
  const workers = childrenOf(edge.child.pid)
  const [victim = 0] = workers
  process.kill(victim, 'SIGKILL')
  await load.answered(500)
  await vi.waitFor(() => expect(childrenOf(edge.child.pid).filter(isRunning)).toHaveLength(workers.length), patiently)
  await load.answered(500)
  const report = await load.stop()
  expect(report.wrong).toEqual([])
  // Nobody is left who could try again for those clients: each loses what it had under way on that one connection, once.
  expect(report.failures.filter((failure) => !isLostConnection(failure))).toEqual([])
  const losers = report.failures.map(({ lane }) => lane)
  expect(losers).toHaveLength(new Set(losers).size)
  expect(report.right).toBeGreaterThan(900)
})

it('a certificate renewed twenty times breaks nothing off, and new connections see it', async () => {
  const { edge, load } = await underLoad()
  const folder = dirname(edge.files.certificateFile)
  for (let renewal = 1; renewal <= 20; renewal += 1) {
    await ensurePki(folder, { names: ['www.roundtrip.test', `renewal-${renewal}.roundtrip.test`] })
    await load.answered(50)
  }
  await vi.waitFor(async () => expect(await presentedNames(edge)).toContain('renewal-20.'), patiently)
  await load.answered(200)
  const report = await load.stop()
  expect(report.wrong).toEqual([])
  expect(report.failures).toEqual([])
})
