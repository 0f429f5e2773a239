/** A folder with the authority and the edge's certificates, made when missing and renewed when due. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { RoundtripError } from '@roundtrip/errors'
import type { Authority } from './authority.ts'
import type { LeafRequest } from './issue-leaf.ts'

export interface PkiFiles {
  /** The authority's certificate: what clients trust. */
  readonly caFile: string
  readonly caKeyFile: string
  /**
   * The edge's certificate, then the authority's, then the key: in one file, so that whoever reads it while it is being
   * renewed has both of the old or both of the new.
   */
  readonly certificateFile: string
  /** The same file. */
  readonly keyFile: string
  /** The edge as a client of the tiers behind it (mutual TLS), made the same way. */
  readonly clientCertificateFile: string
}

export interface PkiOptions {
  /** Host names and IP addresses that the certificate covers. */
  readonly names: readonly string[]
  /** How long leaves are valid; they are renewed when half of it is over. One day by default. */
  readonly lifetimeMs?: number
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
}

/** Who the edge is to the tiers behind it. */
export const edgeSpiffeId = 'spiffe://roundtrip.test/edge'

const pathsIn = (folder: string): PkiFiles => ({
  caFile: join(folder, 'ca.pem'),
  caKeyFile: join(folder, 'ca.key'),
  certificateFile: join(folder, 'edge.pem'),
  keyFile: join(folder, 'edge.pem'),
  clientCertificateFile: join(folder, 'edge-client.pem'),
})

/**
 * Makes what is missing, keeps what is still good. The authority is made once; a leaf is issued again in the second half
 * of its life, when the names change, or when it does not fit its key or authority. Keys have mode 0600.
 *
 * @throws RoundtripError `SETTINGS_INVALID` for a name that the authority may not vouch for.
 */
export const ensurePki = async (folder: string, options: PkiOptions): Promise<PkiFiles> => {
  await renewWhatIsDue(folder, options)
  return pathsIn(folder)
}

/** As `ensurePki`. @returns whether anything is new */
export const renewWhatIsDue = async (folder: string, options: PkiOptions): Promise<boolean> => {
  const files = pathsIn(folder)
  const now = (options.clock ?? Date.now)()
  const authorityIsGood = isGoodAuthority(files, now)
  const isGood = (file: string, names: readonly string[]): boolean =>
    authorityIsGood && isGoodLeaf(files.caFile, file, names, now)
  const due = {
    server: !isGood(files.certificateFile, options.names),
    client: !isGood(files.clientCertificateFile, [edgeSpiffeId]),
  }
  if (authorityIsGood && !due.server && !due.client) return false

  // Loaded late: a start that finds everything in place needs no ASN.1 library.
  const { createAuthority, defaultDomains, importAuthority, privateKeyPem } = await import('./authority.ts')
  refuseForeignNames(options.names, defaultDomains)
  mkdirSync(folder, { recursive: true })
  if (!authorityIsGood) {
    const made = await createAuthority(options)
    replaceFile(files.caKeyFile, privateKeyPem(made.privateKey), 0o600)
    replaceFile(files.caFile, `${made.certificate.toString('pem')}\n`, 0o644)
  }
  const authority = await importAuthority(read(files.caFile), read(files.caKeyFile))
  if (due.server) await issue(authority, files.certificateFile, { ...options, ...splitNames(options.names) })
  if (due.client) {
    await issue(authority, files.clientCertificateFile, {
      ...options,
      names: [],
      spiffeId: edgeSpiffeId,
      usage: 'client',
    })
  }
  // Keys had a file of their own once.
  rmSync(join(folder, 'edge.key'), { force: true })
  return true
}

const issue = async (authority: Authority, file: string, request: LeafRequest): Promise<void> => {
  const { issueLeaf } = await import('./issue-leaf.ts')
  const { chainPem, keyPem } = await issueLeaf(authority, request)
  replaceFile(file, `${chainPem}${keyPem}`, 0o600)
}

const splitNames = (names: readonly string[]): Pick<LeafRequest, 'names' | 'ips'> => ({
  names: names.filter((name) => isIP(name) === 0),
  ips: names.filter((name) => isIP(name) !== 0),
})

const read = (file: string): string => readFileSync(file, 'utf8')

/** Whole or not at all: a reader never sees half a file. */
const replaceFile = (file: string, text: string, mode: number): void => {
  const temporary = `${file}.${process.pid}.tmp`
  writeFileSync(temporary, text, { mode })
  renameSync(temporary, file)
}

const certificateAndKey = (certificateFile: string, keyFile: string): X509Certificate | undefined => {
  if (!existsSync(certificateFile) || !existsSync(keyFile)) return undefined
  try {
    const certificate = new X509Certificate(read(certificateFile))
    return certificate.checkPrivateKey(createPrivateKey(read(keyFile))) ? certificate : undefined
  } catch {
    return undefined
  }
}

const isGoodAuthority = ({ caFile, caKeyFile }: PkiFiles, now: number): boolean => {
  const authority = certificateAndKey(caFile, caKeyFile)
  return authority !== undefined && authority.ca && !isInSecondHalf(authority, now)
}

const isGoodLeaf = (caFile: string, file: string, names: readonly string[], now: number): boolean => {
  const leaf = certificateAndKey(file, file)
  if (leaf === undefined || isInSecondHalf(leaf, now)) return false
  if (!leaf.verify(new X509Certificate(read(caFile)).publicKey)) return false
  return isSameSet(namesOf(leaf), names)
}

const isInSecondHalf = (certificate: X509Certificate, now: number): boolean => {
  const from = certificate.validFromDate.getTime()
  const to = certificate.validToDate.getTime()
  return now < from || now > from + (to - from) / 2
}

const namesOf = (certificate: X509Certificate): string[] =>
  (certificate.subjectAltName ?? '').split(', ').map((entry) => canonical(entry.replace(/^(DNS|IP Address|URI):/, '')))

/** `0:0:0:0:0:0:0:1`, as OpenSSL prints it, and `::1` are the same address. */
const canonical = (name: string): string =>
  isIP(name) === 6 ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name.toLowerCase()

const isSameSet = (left: readonly string[], right: readonly string[]): boolean =>
  new Set(left.map(canonical)).symmetricDifference(new Set(right.map(canonical))).size === 0

const isLoopback = (ip: string): boolean => ip.startsWith('127.') || canonical(ip) === '::1'

const refuseForeignNames = (names: readonly string[], domains: readonly string[]): void => {
  const isOurs = (name: string): boolean =>
    isIP(name) === 0 ? domains.some((domain) => name === domain || name.endsWith(`.${domain}`)) : isLoopback(name)
  const foreign = names.filter((name) => !isOurs(name))
  if (names.length > 0 && foreign.length === 0) return
  const allowed = `names below ${domains.join(' or ')} and loopback addresses`
  const asked = foreign.length === 0 ? 'none were named' : `not for ${foreign.join(', ')}`
  throw new RoundtripError('SETTINGS_INVALID', `The local CA issues certificates for ${allowed}; ${asked}.`)
}
