import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { ca, startLoad } from '../testing/load.ts'
import { runParent } from '../testing/run-parent.ts'
import { certificateFile, host, keyFile } from '../testing/test-edge.ts'
import { loadCertificate } from './certificate.ts'

const renewed = `${import.meta.dirname}/../testing/certificates/renewed`
const pairs = [
  { certificateFile, keyFile },
  { certificateFile: `${renewed}.pem`, keyFile: `${renewed}.key` },
]
const fingerprints = pairs.map((pair) => loadCertificate(pair).fingerprint)

const put = (from: string, to: string): void => {
  copyFileSync(from, `${to}.new`)
  renameSync(`${to}.new`, to)
}

const presentedAt = async (port: number): Promise<string> => {
  const socket = connect({ port, host: '127.0.0.1', ca: [...ca], servername: host })
  await once(socket, 'secureConnect')
  const { fingerprint256 = '' } = socket.getPeerX509Certificate() ?? {}
  socket.destroy()
  return fingerprint256
}

it('certificates are replaced twenty times under load, and no request fails', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const at = { certificateFile: join(folder, 'edge.pem'), keyFile: join(folder, 'edge.key') }
  put(certificateFile, at.certificateFile)
  put(keyFile, at.keyFile)
  const parent = await runParent(2, { EDGE_CERTIFICATE_FILE: at.certificateFile, EDGE_KEY_FILE: at.keyFile })
  const load = startLoad(parent)
  for (let times = 1; times <= 20; times++) {
    const next = times % 2
    put(pairs[next]?.keyFile ?? '', at.keyFile)
    put(pairs[next]?.certificateFile ?? '', at.certificateFile)
    // Both workers: a connection goes to one of them by chance.
    const seen = async (): Promise<string[]> => [
      ...new Set(await Promise.all(Array.from({ length: 8 }, () => presentedAt(parent.httpsPort)))),
    ]
    await expect.poll(seen, { timeout: 10_000, interval: 20 }).toEqual([fingerprints[next]])
  }
  await load.stop()
  expect(load.failures).toEqual([])
  expect(load.answeredBy.size).toBe(2)
  expect(parent.lines.filter(({ level }) => level === 'error')).toEqual([])
})
