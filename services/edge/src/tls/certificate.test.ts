import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RoundtripError } from '@roundtrip/errors'
import { expect, it, onTestFinished } from 'vitest'
import { certificateFile, keyFile } from '../testing/test-edge.ts'
import { loadCertificate, type CertificateFiles } from './certificate.ts'

const fileWith = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'file.pem')
  writeFileSync(file, text)
  return file
}

const problemOf = (files: CertificateFiles): string => {
  try {
    loadCertificate(files)
    return 'none'
  } catch (error) {
    const { code, message } = error as RoundtripError
    return `${code}: ${message}`
  }
}

it('loads a certificate with its key', () => {
  expect(loadCertificate({ certificateFile, keyFile })).toMatchObject({
    names: ['www.roundtrip.test', 'roundtrip.test'],
  })
})

it('names the setting whose file cannot be used, and why', () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
  expect(problemOf({ certificateFile: '/none.pem', keyFile })).toMatch(
    /^SETTINGS_INVALID: EDGE_CERTIFICATE_FILE="\/none.pem" cannot be/,
  )
  expect(problemOf({ certificateFile, keyFile: '/none.key' })).toMatch(
    /^SETTINGS_INVALID: EDGE_KEY_FILE="\/none.key" cannot be read/,
  )
  expect(problemOf({ certificateFile: fileWith('no'), keyFile })).toMatch(
    /^SETTINGS_INVALID: EDGE_CERTIFICATE_FILE=.*PEM form/,
  )
  expect(problemOf({ certificateFile, keyFile: fileWith('no') })).toMatch(/^SETTINGS_INVALID: EDGE_KEY_FILE=.*PEM form/)
  expect(problemOf({ certificateFile, keyFile: fileWith(other) })).toMatch(/EDGE_KEY_FILE=.* is not the key of/)
})
