import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createAuthority, ensurePki, issueLeaf, spkiFingerprint } from './index.ts'

const dayMs = 24 * 60 * 60 * 1000
const names = ['www.roundtrip.test', 'roundtrip.localhost', '127.0.0.1', '::1']
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roundtrip-pki-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const text = (file: string): string => readFileSync(file, 'utf8')

/** The authorization error of a verified handshake, or undefined when the client trusts the server. */
const handshake = async (certificate: { cert: string; key: string; ca: string }, servername: string) => {
  const server = createServer(certificate, (socket) => socket.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect({ host: '127.0.0.1', port, servername, ca: certificate.ca })
  const error = await new Promise<Error | undefined>((resolve) => {
    socket.once('secureConnect', () => resolve(undefined)).once('error', resolve)
  })
  socket.destroy()
  server.close()
  return error
}

test('a client that trusts the CA accepts the edge by each of its names', async () => {
  const files = await ensurePki(folder, { names })
  const certificate = { cert: text(files.certificateFile), key: text(files.keyFile), ca: text(files.caFile) }
  expect(await handshake(certificate, 'www.roundtrip.test')).toBeUndefined()
  expect(await handshake(certificate, 'roundtrip.localhost')).toBeUndefined()
  expect(await handshake(certificate, 'other.roundtrip.test')).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})

test('the CA is refused for a name outside its constraints, even when it signed it', async () => {
  const authority = await createAuthority()
  const leaf = await issueLeaf(authority, { names: ['www.example.com'] })
  const certificate = { cert: leaf.chainPem, key: leaf.keyPem, ca: authority.certificate.toString('pem') }
  expect(await handshake(certificate, 'www.example.com')).toMatchObject({ message: 'permitted subtree violation' })
})

test('a second call keeps everything', async () => {
  const files = await ensurePki(folder, { names })
  const before = Object.values(files).map(text)
  await ensurePki(folder, { names: names.toReversed() })
  expect(Object.values(files).map(text)).toEqual(before)
})

test('keys are readable by their owner only', async () => {
  const files = await ensurePki(folder, { names })
  expect(
    [files.caKeyFile, files.keyFile, files.clientCertificateFile].map((file) => statSync(file).mode & 0o777),
  ).toEqual([0o600, 0o600, 0o600])
})

test.each([
  ['half of its life is over', () => ({ names, clock: () => Date.now() + 0.51 * dayMs })],
  ['the names changed', () => ({ names: [...names, 'edge-1.roundtrip.test'] })],
])('the leaf is issued again when %s, the CA stays', async (_reason, options) => {
  const files = await ensurePki(folder, { names })
  const [ca, leaf] = [text(files.caFile), text(files.certificateFile)]
  await ensurePki(folder, options())
  expect(text(files.caFile)).toBe(ca)
  expect(text(files.certificateFile)).not.toBe(leaf)
})

test('a damaged key is replaced together with its certificate', async () => {
  const files = await ensurePki(folder, { names })
  writeFileSync(files.keyFile, 'not a key')
  await ensurePki(folder, { names })
  expect(text(files.keyFile)).toContain('BEGIN PRIVATE KEY')
})

test('a new CA issues a new leaf', async () => {
  const files = await ensurePki(folder, { names })
  rmSync(files.caKeyFile)
  await ensurePki(folder, { names })
  const ca = new X509Certificate(text(files.caFile))
  expect(new X509Certificate(text(files.certificateFile)).verify(ca.publicKey)).toBe(true)
})

test('foreign names are refused by name', async () => {
  await expect(ensurePki(folder, { names: ['www.example.com', '192.0.2.1', 'ok.test'] })).rejects.toMatchObject({
    code: 'SETTINGS_INVALID',
    message: expect.stringContaining('not for www.example.com, 192.0.2.1'),
  })
})

test('the SPKI fingerprint is that of the first certificate', async () => {
  const files = await ensurePki(folder, { names })
  expect(spkiFingerprint(text(files.certificateFile))).toMatch(/^[A-Za-z0-9+/]{43}=$/)
  expect(spkiFingerprint(text(files.certificateFile))).not.toBe(spkiFingerprint(text(files.caFile)))
})

test('the edge has a certificate as a client too, with its SPIFFE id and for nothing else', async () => {
  const files = await ensurePki(folder, { names })
  const leaf = new X509Certificate(text(files.clientCertificateFile))
  expect([leaf.subjectAltName, leaf.keyUsage]).toEqual(['URI:spiffe://roundtrip.test/edge', ['1.3.6.1.5.5.7.3.2']])
})
