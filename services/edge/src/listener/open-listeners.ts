/** The edge's two listeners, for HTTPS and for plain HTTP, with everything that keeps them going: certificates, ticket keys, drain. */
import type { Log } from '@roundtrip/http'
import type { Certificate } from '../tls/certificate.ts'
import { followCertificates, loadPresented, sourcesOf, type CertificateSources } from '../tls/presented-certificates.ts'
import { sharesCertificateOf, type SharesCertificate } from '../tls/shares-certificate.ts'
import type { Presented } from '../tls/terminator.ts'
import type { TlsSettings } from '../tls/tls-settings.ts'
import { presentedTopic, ticketKeysTopic, type ListenerName, type Workplace } from '../workers/workplace.ts'
import type { ListenerFigures } from './listener-figures.ts'
import type { ListenerSettings } from './listener-settings.ts'
import { listen, type Listener, type ListenOptions, type Protocols } from './listener.ts'

export interface OpenListenersOptions {
  readonly host: string
  readonly httpsPort: number
  /** No plain listener when undefined. */
  readonly httpPort: number | undefined
  readonly certificate: CertificateSources['first']
  readonly tls: TlsSettings
  readonly limits: ListenerSettings
  readonly workplace: Workplace
  /** Given the port of the HTTPS listener, for both of them: the plain one sends clients there. */
  readonly protocolsFor: (name: ListenerName, httpsPort: number) => Protocols
  readonly log: Log
  readonly drainGraceMs?: number
}

export interface Listeners {
  /** By name, as bound: `https://127.0.0.1:8443`. */
  readonly addresses: Readonly<Record<string, string>>
  /** By name. */
  readonly figures: () => Readonly<Record<string, ListenerFigures>>
  /** By name: who is connected. */
  readonly connections: () => Readonly<Record<string, Listener['connections']>>
  readonly sharesCertificate: SharesCertificate
  /** As clients are shown them now. */
  readonly certificates: () => readonly Certificate[]
  /** Stops accepting; resolves when every connection has been closed, each after its last response. */
  readonly drain: () => Promise<void>
  /** Breaks every connection off. */
  readonly close: () => void
}

/** @throws RoundtripError `SETTINGS_INVALID` for a certificate that cannot be used, or the error of `listen` */
export const openListeners = async (options: OpenListenersOptions): Promise<Listeners> => {
  const { httpPort, httpsPort, workplace, log } = options
  const sources = sourcesOf(options.certificate, options.tls)
  const presented = await loadOrRecall(sources, options)
  let { certificates } = presented
  let sharesCertificate = sharesCertificateOf(presented)
  const https = await open('https', httpsPort, options, {
    protocolsFor: (port) => options.protocolsFor('https', port),
    tls: {
      presented,
      ticketKeys: workplace.ticketKeys,
      strictSni: options.tls.strictSni,
      clientCertificates: options.tls.clientCertificates.mode,
    },
  })
  const listeners: (readonly [ListenerName, Listener])[] = [['https', https]]
  try {
    const protocolsFor = (): Protocols => options.protocolsFor('http', https.port)
    if (httpPort !== undefined) listeners.push(['http', await open('http', httpPort, options, { protocolsFor })])
  } catch (error) {
    https.close()
    throw error
  }
  const stopFollowing = followCertificates({
    sources,
    log,
    onRenewed: (renewed) => {
      https.tls?.present(renewed)
      certificates = renewed.certificates
      sharesCertificate = sharesCertificateOf(renewed)
    },
  })
  const unsubscribe = workplace.bus.subscribe(ticketKeysTopic, (keys) => https.tls?.useTicketKeys(Buffer.from(keys)))
  const byName = <T>(read: (listener: Listener) => T): Record<string, T> =>
    Object.fromEntries(listeners.map(([name, listener]) => [name, read(listener)]))
  return {
    addresses: byName(({ address }) => address),
    figures: () => byName((listener) => listener.figures()),
    connections: () => byName(({ connections }) => connections),
    sharesCertificate: (serverName, host) => sharesCertificate(serverName, host),
    certificates: () => certificates,
    drain: async () => void (await Promise.all(listeners.map(([, listener]) => listener.drain()))),
    close: () => {
      stopFollowing()
      unsubscribe()
      for (const [, listener] of listeners) listener.close()
    },
  }
}

/** A worker that takes the place of another must not fail because of files that the others have refused. */
const loadOrRecall = async (
  sources: CertificateSources,
  { workplace: { bus }, log }: OpenListenersOptions,
): Promise<Presented> => {
  try {
    return loadPresented(sources)
  } catch (error) {
    const [recalled] = await bus.request(presentedTopic, sources)
    if (recalled === undefined) throw error
    log.error({ error }, 'certificates cannot be used; what their files last held is')
    return recalled
  }
}

const open = async (
  name: ListenerName,
  port: number,
  { host, limits, workplace, log, drainGraceMs }: OpenListenersOptions,
  specific: Pick<ListenOptions, 'protocolsFor' | 'tls'>,
): Promise<Listener> => {
  const listener = await listen({
    ...specific,
    source: workplace.source(name, host, port),
    settings: limits,
    log,
    ...(drainGraceMs !== undefined && { drainGraceMs }),
  })
  workplace.onCover(name, (source) => listener.accept(source))
  return listener
}
