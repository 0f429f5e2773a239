import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { certificateFile, keyFile, recordingLog } from '../testing/test-edge.ts'
import { CertificateMemory } from './certificate-memory.ts'
import { loadPresented, sourcesOf } from './presented-certificates.ts'
import { defaultTlsSettings, type TlsSettings } from './tls-settings.ts'

const certificates = `${import.meta.dirname}/../testing/certificates`
const first = { certificateFile, keyFile }

const start = () => {
  const folder = mkdtempSync(join(tmpdir(), 'edge-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const shop = { certificateFile: join(folder, 'shop.pem'), keyFile: join(folder, 'shop.key') }
  copyFileSync(`${certificates}/shop.pem`, shop.certificateFile)
  copyFileSync(`${certificates}/shop.key`, shop.keyFile)
  const caFile = join(folder, 'ca.pem')
  copyFileSync(`${certificates}/client-ca.pem`, caFile)
  const memory = new CertificateMemory({ first, tls: defaultTlsSettings, log: recordingLog().log })
  onTestFinished(() => memory.stop())
  const tls: TlsSettings = {
    ...defaultTlsSettings,
    certificates: [shop],
    clientCertificates: { mode: 'request', caFile, forward: false },
  }
  const breakFiles = (): void => {
    rmSync(shop.keyFile)
    writeFileSync(caFile, 'no certificate')
  }
  return { memory, tls, sources: sourcesOf(first, tls), breakFiles }
}

it('gives what the files last held once they cannot be used, though no worker has read them yet', () => {
  const { memory, tls, sources, breakFiles } = start()
  const whole = loadPresented(sources)
  memory.follow(tls)
  breakFiles()
  expect(memory.read(sources)).toEqual(whole)
})

it('has nothing for files that were never of use, and forgets those that settings do not name any more', () => {
  const { memory, tls, sources, breakFiles } = start()
  memory.follow(tls)
  memory.follow(defaultTlsSettings)
  breakFiles()
  expect(() => memory.read(sources)).toThrow(/^tls\.certificates\[0\]\.keyFile=.* cannot be read/)
  const nowhere = { certificateFile: '/nowhere.pem', keyFile: '/nowhere.key' }
  const { log } = recordingLog()
  const make = (): unknown => new CertificateMemory({ first: nowhere, tls: defaultTlsSettings, log })
  expect(make).toThrow(/^EDGE_CERTIFICATE_FILE=/)
})
