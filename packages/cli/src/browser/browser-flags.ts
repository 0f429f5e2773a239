/** The flags that let a browser into the stack: names without DNS set-up, trust in the project's authority alone. */
import type { EdgeAddress } from '@roundtrip/stack'

export interface BrowserOptions {
  readonly profileFolder: string
  /** The first one serves the public names. */
  readonly edges: readonly EdgeAddress[]
  /** `roundtrip.test`. */
  readonly zone: string
  /** SHA-256 of the public keys to trust, base64. */
  readonly spkiFingerprints: readonly string[]
  /** Chromium's sandbox refuses to run as root. */
  readonly isRoot: boolean
  readonly url: string
}

const literal = (host: string): string => (host.includes(':') ? `[${host}]` : host)

const rulesFor = (name: string, { host, httpsPort, httpPort }: EdgeAddress): string[] => [
  // Default ports lead to the ports the edge really has; any other port is kept.
  `MAP ${name}:443 ${literal(host)}:${httpsPort}`,
  `MAP ${name}:80 ${literal(host)}:${httpPort}`,
  `MAP ${name} ${literal(host)}`,
]

/** Rules for names; the first that matches wins, so the names of single edges stand before the rest of the zone. */
export const hostResolverRules = (edges: readonly EdgeAddress[], zone: string): string => {
  const [first] = edges
  if (first === undefined) return ''
  return [
    ...edges.flatMap((edge) => rulesFor(`${edge.name}.${zone}`, edge)),
    ...rulesFor(`www.${zone}`, first),
    ...rulesFor(zone, first),
  ].join(', ')
}

export const browserFlags = ({
  profileFolder,
  edges,
  zone,
  spkiFingerprints,
  isRoot,
  url,
}: BrowserOptions): string[] => [
  `--user-data-dir=${profileFolder}`,
  `--host-resolver-rules=${hostResolverRules(edges, zone)}`,
  `--ignore-certificate-errors-spki-list=${spkiFingerprints.join(',')}`,
  '--no-first-run',
  '--no-default-browser-check',
  // The edges speak no HTTP/3, and a profile of a minute needs no updates and no synchronisation.
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  ...(isRoot ? ['--no-sandbox'] : []),
  url,
]
