/** Certificates for the tests of this folder. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthority, issueLeaf, type Authority, type Leaf } from '@roundtrip/pki'
import { onTestFinished } from 'vitest'

export const host = 'shop.test'

let authority: Promise<Authority> | undefined
let leaf: Promise<Leaf> | undefined

/** One authority for all tests of a file: keys are the slow part. */
export const testAuthority = async (): Promise<Authority> => (authority ??= createAuthority())
export const testLeaf = async (): Promise<Leaf> =>
  (leaf ??= issueLeaf(await testAuthority(), { names: [host, `www.${host}`], ips: ['127.0.0.1'] }))
export const authorityPem = async (): Promise<string> => (await testAuthority()).certificate.toString('pem')

/** A file that is gone after the test. */
export const testFile = async (name: string, content: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'roundtrip-trace-'))
  onTestFinished(async () => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, name), content)
  return join(folder, name)
}

export const testCaFile = async (): Promise<string> => testFile('ca.pem', await authorityPem())
