/** The certificates that the settings name, read from their files now and again whenever these change. */
import type { Log } from '@roundtrip/http'
import { loadAuthorities, loadCertificate, type Certificate, type CertificateFiles } from './certificate.ts'
import type { Presented } from './terminator.ts'
import type { TlsSettings } from './tls-settings.ts'
import { watchFiles, type WatchFilesOptions } from './watch-files.ts'

export interface CertificateSources {
  /** Answers where no other fits. */
  readonly first: CertificateFiles
  readonly others: TlsSettings['certificates']
  readonly clientCaFile?: string
}

/** @throws RoundtripError `SETTINGS_INVALID` naming the setting whose file cannot be used */
export const loadPresented = ({ first, others, clientCaFile }: CertificateSources): Presented => ({
  certificates: [loadCertificate(first), ...others.map(loadOther)],
  ...(clientCaFile !== undefined && {
    clientAuthorities: loadAuthorities('tls.clientCertificates.caFile', clientCaFile),
  }),
})

const loadOther = (files: CertificateFiles, index: number): Certificate =>
  loadCertificate(files, {
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

const filesOf = ({ first, others, clientCaFile }: CertificateSources): string[] => [
  ...[first, ...others].flatMap(({ certificateFile, keyFile }) => [certificateFile, keyFile]),
  ...(clientCaFile === undefined ? [] : [clientCaFile]),
]

const describe = ({ names, fingerprint, expiresAt }: Certificate): object => ({
  names,
  fingerprint,
  expires: new Date(expiresAt).toISOString(),
})
