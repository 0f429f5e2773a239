/** When the certificates that clients are shown run out (RFC 5280 §4.1.2.5). */
import { lowest, type Metric } from '@roundtrip/metrics'
import type { Certificate } from '../tls/certificate.ts'

/** By the first name in the certificate, as further ones come with it. */
export const certificateMetrics = (certificates: readonly Certificate[]): Metric[] => [
  lowest(
    'edge_certificate_not_after_seconds',
    'When the certificate that is shown for a name runs out, in Unix time; the earliest where workers differ.',
    certificates.map(({ names: [name], fingerprint, expiresAt }) => [{ name: name ?? fingerprint }, expiresAt / 1000]),
  ),
]
