/** A client with the DNS server and the authority of the tests. */
import { createSecureContext } from 'node:tls'
import { Fields } from '@roundtrip/http'
import { expect, onTestFinished } from 'vitest'
import { createClient, type Client, type ClientOptions } from '../client.ts'
import { totalMs } from '../phases.ts'
import { dnsResolver } from '../resolve.ts'
import type { Trace } from '../trace.ts'
import { shopZone, startDns } from './dns.ts'
import { authorityPem } from './pki.ts'

/** Counts its readings: what happens between two of them takes 1 ms, whatever the machine does. */
const countingClock = () => {
  let reading = 0
  return () => reading++
}

export const clientFor = async (url: string, overrides: Partial<ClientOptions> = {}): Promise<Client> => {
  const client = createClient({
    url,
    method: 'GET',
    fields: Fields.of({ accept: '*/*' }),
    body: undefined,
    resolver: dnsResolver(await startDns(shopZone), 2000),
    secureContext: createSecureContext({ ca: await authorityPem() }),
    protocols: ['h2', 'http/1.1'],
    notes: [],
    attemptTimeoutMs: 2000,
    deadline: () => new AbortController().signal,
    clock: countingClock(),
    nowMs: () => Date.now(),
    random: (bytes) => Buffer.alloc(bytes, 7),
    ...overrides,
  })
  onTestFinished(() => client.close())
  return client
}

export const trace = async (url: string, overrides: Partial<ClientOptions> = {}): Promise<Trace> =>
  (await clientFor(url, overrides)).run('cold')

export const phasesOf = ({ phases }: Trace) => phases.map(({ name }) => name)

/** Each phase begins where the one before ends; around them there are two readings of the clock. */
export const expectContiguous = ({ phases, wallMs }: Trace) => {
  let end = 0
  for (const { startMs, durationMs } of phases) {
    expect(startMs).toBe(end)
    end += durationMs
  }
  expect(wallMs - totalMs(phases)).toBe(2)
}
