/** The certificates that the settings name, read from their files now and again whenever these change. */
import type { Log } from '@roundtrip/http'
import {
  loadAuthorities,
  loadCertificate,
  type Certificate,
  type CertificateFiles,
  type SettingNames,
} from './certificate.ts'
import type { Presented } from './terminator.ts'
import type { TlsSettings } from './tls-settings.ts'
import { watchFiles, type WatchFilesOptions } from './watch-files.ts'

export interface CertificateSources {
  /** Answers where no other fits. */
  readonly first: CertificateFiles
  readonly others: TlsSettings['certificates']
  readonly clientCaFile?: string
}

/** @param first may have more to it than its files */
export const sourcesOf = (
  { certificateFile, keyFile }: CertificateFiles,
  { certificates, clientCertificates: { mode, caFile } }: TlsSettings,
): CertificateSources => ({
  first: { certificateFile, keyFile },
  others: certificates,
  ...(mode !== 'off' && caFile !== undefined && { clientCaFile: caFile }),
})

export interface CertificateLoaders {
  readonly certificate: typeof loadCertificate
  readonly authorities: typeof loadAuthorities
}

const fromFiles: CertificateLoaders = { certificate: loadCertificate, authorities: loadAuthorities }

/** @throws UnusableFile naming the setting whose file cannot be used */
export const loadPresented = (
  { first, others, clientCaFile }: CertificateSources,
  load: CertificateLoaders = fromFiles,
): Presented => ({
  certificates: [load.certificate(first), ...others.map((files, index) => load.certificate(files, namesOf(index)))],
  ...(clientCaFile !== undefined && {
    clientAuthorities: load.authorities('tls.clientCertificates.caFile', clientCaFile),
  }),
})

const namesOf = (index: number): SettingNames => ({
  certificateFile: `tls.certificates[${index}].certificateFile`,
  keyFile: `tls.certificates[${index}].keyFile`,
})

export interface FollowOptions extends Pick<WatchFilesOptions, 'settleMs' | 'pollMs'> {
  readonly sources: CertificateSources
  readonly log: Log
  /** May throw: then what was there before stays. */
  readonly onRenewed: (presented: Presented) => void
}

/** Follows the files; new ones that cannot be used are logged once, and the old stay. @returns how to stop */
export const followCertificates = ({ sources, log, onRenewed, ...watching }: FollowOptions): (() => void) => {
  const onChange = (): void => {
    try {
      const presented = loadPresented(sources)
      onRenewed(presented)
      log.info({ certificates: presented.certificates.map(describe) }, 'certificates renewed')
    } catch (error) {
      log.error({ error }, 'the new certificates cannot be used; the old ones stay')
    }
  }
  return watchFiles({ ...watching, files: filesOf(sources), onChange })
}

export const filesOf = ({ first, others, clientCaFile }: CertificateSources): string[] => [
  ...[first, ...others].flatMap(({ certificateFile, keyFile }) => [certificateFile, keyFile]),
  ...(clientCaFile === undefined ? [] : [clientCaFile]),
]

const describe = ({ names, fingerprint, expiresAt }: Certificate): object => ({
  names,
  fingerprint,
  expires: new Date(expiresAt).toISOString(),
})
