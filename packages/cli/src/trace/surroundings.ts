/** Whom a trace asks and trusts: the running stack for the stack's own names, the system for everybody else's. */
import { readFile } from 'node:fs/promises'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { RoundtripError } from '@roundtrip/errors'
import { zone, type StackAddresses } from '@roundtrip/stack'
import { dnsResolver, isLoopbackName, systemResolver, type DnsServer, type Resolver } from './resolve.ts'
import { defaultPorts, type Target } from './target.ts'

export interface Surroundings {
  readonly resolver: Resolver
  /** Made before the clock starts: reading certificate authorities is no part of a request. */
  readonly secureContext: SecureContext
  readonly connectPort?: number
  readonly notes: readonly string[]
}

export interface SurroundingsOptions {
  readonly dns: DnsServer | undefined
  /** PEM, in place of the stack's or the system's authorities. */
  readonly caFile: string | undefined
  readonly timeoutMs: number
  /** Rejects with `STACK_NOT_RUNNING`. */
  readonly findStack: () => Promise<StackAddresses>
}

const localZone = 'roundtrip.localhost'

/** Names that only a stack can answer for. */
export const isStackName = (host: string): boolean => {
  const name = host.toLowerCase().replace(/\.$/, '')
  return [zone, localZone].some((apex) => name === apex || name.endsWith(`.${apex}`))
}

/** @throws RoundtripError `STACK_NOT_RUNNING`; `USAGE` when the CA file is of no use */
export const surroundingsOf = async (target: Target, options: SurroundingsOptions): Promise<Surroundings> => {
  const stack = isStackName(target.host) ? await stackFor(target, options) : undefined
  const dns = options.dns ?? stack?.dns
  const caFile = options.caFile ?? stack?.caFile
  return {
    resolver: dns === undefined ? systemResolver : dnsResolver(dns, options.timeoutMs),
    secureContext: createSecureContext({ ca: caFile === undefined ? systemAuthorities() : await readCa(caFile) }),
    ...portOf(target, stack),
  }
}

const stackFor = async (target: Target, options: SurroundingsOptions): Promise<StackAddresses | undefined> => {
  try {
    return await options.findStack()
  } catch (error) {
    if (!(error instanceof RoundtripError) || error.code !== 'STACK_NOT_RUNNING') throw error
    if (!needsStack(target, options)) return undefined
    throw new RoundtripError(
      'STACK_NOT_RUNNING',
      `${target.host} is a name of the stack. ${error.message} For one elsewhere: --dns HOST:PORT --cacert FILE.`,
      { cause: error.cause },
    )
  }
}

/** Somebody who names a DNS server and a CA traces a stack that runs elsewhere. */
const needsStack = ({ host, scheme }: Target, { dns, caFile }: SurroundingsOptions): boolean =>
  (dns === undefined && !isLoopbackName(host)) || (caFile === undefined && scheme === 'https')

/** A stack listens on ports that need no privilege; a URL without a port means the edge all the same. */
const portOf = (
  { scheme, port }: Target,
  stack: StackAddresses | undefined,
): Omit<Surroundings, 'resolver' | 'secureContext'> => {
  const edge = stack?.edges[0]
  const connectPort = scheme === 'https' ? edge?.httpsPort : edge?.httpPort
  if (connectPort === undefined || port !== defaultPorts[scheme] || port === connectPort) return { notes: [] }
  return { connectPort, notes: [`${port} → ${connectPort}, this stack's edge`] }
}

/** Node's own list and the system's: a company's authority is usually only in the latter. */
const systemAuthorities = (): string[] => [...getCACertificates('default'), ...getCACertificates('system')]

const readCa = async (file: string): Promise<string> => {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new RoundtripError('USAGE', `The CA file ${file} cannot be read (${(error as Error).message}).`, {
      cause: error,
    })
  })
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  throw new RoundtripError('USAGE', `The CA file ${file} holds no certificate in PEM form.`)
}
