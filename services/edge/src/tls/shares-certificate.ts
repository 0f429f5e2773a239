/** Whether the certificate that a connection was opened with is valid for another host too (RFC 9113 §9.1.1). */
import { chooseByName } from './choose-by-name.ts'
import type { Presented } from './terminator.ts'

export type SharesCertificate = (serverName: string, host: string) => boolean

/** Of the certificates presented at one time; who asks for a name in none of them is shown the first. */
export const sharesCertificateOf = ({ certificates }: Presented): SharesCertificate => {
  const shown = chooseByName(certificates.map((certificate) => ({ names: certificate.names, value: certificate })))
  const covers = new Map(
    certificates.map((certificate) => [certificate, chooseByName([{ names: certificate.names, value: true }])]),
  )
  return (serverName, host) => covers.get(shown(serverName) ?? certificates[0])?.(host) === true
}
