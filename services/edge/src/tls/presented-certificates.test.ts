import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { certificateFile, keyFile, recordingLog, type LogLine } from '../testing/test-edge.ts'
import { loadCertificate } from './certificate.ts'
import { followCertificates } from './presented-certificates.ts'

const renewed = `${import.meta.dirname}/../testing/certificates/renewed`
const fingerprintOf = (cert: string, key: string): string =>
  loadCertificate({ certificateFile: cert, keyFile: key }).fingerprint
const [oldPrint, newPrint] = [
  fingerprintOf(certificateFile, keyFile),
  fingerprintOf(`${renewed}.pem`, `${renewed}.key`),
]

const start = (first: { certificateFile: string; keyFile: string }): { seen: string[]; lines: LogLine[] } => {
  const { log, lines } = recordingLog()
  const seen: string[] = []
  const onRenewed = ({ certificates }: { certificates: readonly { fingerprint: string }[] }): void =>
    void seen.push(certificates[0]?.fingerprint ?? '')
  const stop = followCertificates({ sources: { first, others: [] }, log, onRenewed, settleMs: 20, pollMs: 50 })
  onTestFinished(stop)
  return { seen, lines }
}

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'roundtrip-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

const put = (from: string, to: string): void => {
  copyFileSync(from, `${to}.new`)
  renameSync(`${to}.new`, to)
}

it('takes new certificates however they come: renamed over, written to, behind a link', async () => {
  const inside = folder()
  const at = { certificateFile: join(inside, 'edge.pem'), keyFile: join(inside, 'edge.key') }
  put(certificateFile, at.certificateFile)
  put(keyFile, at.keyFile)
  const { seen, lines } = start(at)
  put(`${renewed}.key`, at.keyFile)
  put(`${renewed}.pem`, at.certificateFile)
  await expect.poll(() => seen.at(-1)).toBe(newPrint)
  copyFileSync(keyFile, at.keyFile)
  copyFileSync(certificateFile, at.certificateFile)
  await expect.poll(() => seen.at(-1)).toBe(oldPrint)
  rmSync(at.certificateFile)
  rmSync(at.keyFile)
  symlinkSync(`${renewed}.pem`, at.certificateFile)
  symlinkSync(`${renewed}.key`, at.keyFile)
  await expect.poll(() => seen.at(-1)).toBe(newPrint)
  expect(lines.at(-1)).toMatchObject({
    level: 'info',
    certificates: [{ names: ['www.roundtrip.test', 'roundtrip.test'] }],
  })
})

it('keeps the old ones when the new do not match, says so once, and takes them when they do', async () => {
  const inside = folder()
  const at = { certificateFile: join(inside, 'edge.pem'), keyFile: join(inside, 'edge.key') }
  put(certificateFile, at.certificateFile)
  put(keyFile, at.keyFile)
  const { seen, lines } = start(at)
  put(`${renewed}.pem`, at.certificateFile)
  await expect.poll(() => lines).toHaveLength(1)
  expect(lines).toMatchObject([{ level: 'error', error: { code: 'SETTINGS_INVALID' } }])
  expect(seen).toEqual([])
  put(`${renewed}.key`, at.keyFile)
  await expect.poll(() => seen).toEqual([newPrint])
  expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1)
})

it('takes certificate and key from one file', async () => {
  const file = join(folder(), 'edge.pem')
  writeFileSync(file, `${readFileSync(certificateFile, 'utf8')}${readFileSync(keyFile, 'utf8')}`)
  expect(fingerprintOf(file, file)).toBe(oldPrint)
})
