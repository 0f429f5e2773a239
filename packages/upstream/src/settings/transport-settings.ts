/** From the settings of a pool to how its members are connected to. */
import { readFileSync } from 'node:fs'
import type { LookupFunction } from 'node:net'
import { RoundtripError } from '@roundtrip/errors'
import type { TransportOptions } from '../client/transport-options.ts'
import { uploadShare } from '../client/waiting-exchanges.ts'
import type { PoolSettings } from './pool-settings.ts'

export interface TransportSurroundings {
  readonly lookup: LookupFunction
  /** Name that certificates must carry where settings say nothing: the one that was resolved, for members found by DNS. */
  readonly serverName?: string | undefined
}

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const sentence = `${file} cannot be read (${(error as Error).message}): expected a PEM file.`
    throw new RoundtripError('SETTINGS_INVALID', sentence, { cause: error })
  }
}

const tlsOptions = (
  { caFile, certificateFile, keyFile, serverName }: PoolSettings['tls'],
  resolvedName: string | undefined,
): NonNullable<TransportOptions['tls']> => {
  const name = serverName ?? resolvedName
  return {
    ...(caFile !== undefined && { ca: read(caFile) }),
    ...(certificateFile !== undefined && { certificate: read(certificateFile) }),
    ...(keyFile !== undefined && { key: read(keyFile) }),
    ...(name !== undefined && { serverName: name }),
  }
}

/** @throws RoundtripError `SETTINGS_INVALID` for a file that cannot be read */
export const transportOptions = (
  origin: string,
  { timeouts, circuitBreaker, protocol, tls, proxyProtocol }: PoolSettings,
  { lookup, serverName }: TransportSurroundings,
): TransportOptions => ({
  origin,
  timeouts: {
    connectTimeoutMs: timeouts.connectMs,
    firstByteTimeoutMs: timeouts.firstByteMs,
    bodyTimeoutMs: timeouts.idleMs,
    queueTimeoutMs: timeouts.queueMs,
    ...(timeouts.totalMs !== undefined && { totalTimeoutMs: timeouts.totalMs }),
  },
  protocol,
  maxConnections: circuitBreaker.maxConnections,
  maxUploads: uploadShare(circuitBreaker.maxRequests),
  maxWaiting: circuitBreaker.maxPending,
  lookup,
  ...(origin.startsWith('https:') && { tls: tlsOptions(tls, serverName) }),
  ...(proxyProtocol !== 'off' && { proxyProtocol }),
})

/** So that settings that cannot work are refused before anything has changed. @throws RoundtripError `SETTINGS_INVALID` */
export const assertPoolSettings = ({ tls, protocol, proxyProtocol }: PoolSettings): void => {
  tlsOptions(tls, undefined)
  // Requests of many clients share an HTTP/2 connection, and a PROXY header names one.
  if (proxyProtocol !== 'off' && protocol !== 'http1')
    throw new RoundtripError('SETTINGS_INVALID', `proxyProtocol ${proxyProtocol} goes with protocol http1 only.`)
}

/** Whether members must be connected to anew. */
export const needsNewTransports = (before: PoolSettings, after: PoolSettings): boolean =>
  relevantTo(before) !== relevantTo(after)

const relevantTo = ({ timeouts, circuitBreaker, protocol, tls, proxyProtocol }: PoolSettings): string =>
  JSON.stringify([
    timeouts,
    circuitBreaker.maxConnections,
    circuitBreaker.maxPending,
    uploadShare(circuitBreaker.maxRequests),
    protocol,
    tls,
    proxyProtocol,
  ])
