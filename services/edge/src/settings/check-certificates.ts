/** Opens the certificates and the authorities that the file names: what cannot be used is told with its line, and changes nothing. */
import type { Place, Report } from '@roundtrip/config'
import { loadAuthorities, loadCertificate, UnusableFile } from '../tls/certificate.ts'
import type { TlsSettings } from '../tls/tls-settings.ts'

export const checkCertificates = ({ certificates, clientCertificates }: TlsSettings, report: Report): void => {
  for (const [index, files] of certificates.entries()) {
    const at = ['tls', 'certificates', index]
    tellUnusable(at, report, () => loadCertificate(files, { certificateFile: 'certificateFile', keyFile: 'keyFile' }))
  }
  const { mode, caFile } = clientCertificates
  const at = ['tls', 'clientCertificates']
  if (mode === 'off') return
  if (caFile === undefined) report({ path: at, isKey: false }, `mode ${mode} needs a caFile to hold them against`)
  else tellUnusable(at, report, () => loadAuthorities('caFile', caFile))
}

const tellUnusable = (at: Place['path'], report: Report, load: () => unknown): void => {
  try {
    load()
  } catch (error) {
    if (!(error instanceof UnusableFile)) throw error
    report({ path: [...at, error.setting], isKey: false }, error.problem)
  }
}
