/** What a pool is given by its process, and what takes its place in tests. */
import type { LookupFunction } from 'node:net'
import type { Log } from '@roundtrip/http'
import { createTransport } from './client/create-transport.ts'
import type { Transport } from './client/transport.ts'
import type { TransportOptions } from './client/transport-options.ts'
import { dnsLookup, type Lookup } from './discovery/dns-lookup.ts'
import { scheduleTimer, type Schedule } from './health-check.ts'
import { nameLookup } from './name-lookup.ts'

export interface PoolSurroundings {
  readonly log: Log
  /** Milliseconds since the epoch, finer than whole ones and never going back; made of `performance` by default. */
  readonly clock?: () => number
  /** From 0 to below 1; `Math.random` by default. */
  readonly random?: () => number
  /** Timers by default. */
  readonly schedule?: Schedule
  /** How members' names become addresses; `nameLookup()` by default. */
  readonly lookup?: LookupFunction
  /** How members are connected to. */
  readonly connect?: (options: TransportOptions) => Transport
  /** How the members of a name are found; DNS by default. */
  readonly discover?: Lookup
  /** Told how long each attempt took until it was answered or had failed; nobody by default. */
  readonly onLatency?: (latencyMs: number) => void
}

/** It never changes, and asking for it takes as long as asking for the time. */
const { timeOrigin } = performance

const epochMs = (): number => timeOrigin + performance.now()

export const withDefaults = ({ log, ...given }: PoolSurroundings): Required<PoolSurroundings> => ({
  log,
  clock: given.clock ?? epochMs,
  random: given.random ?? Math.random,
  schedule: given.schedule ?? scheduleTimer,
  lookup: given.lookup ?? nameLookup(),
  connect: given.connect ?? createTransport,
  discover: given.discover ?? dnsLookup,
  onLatency: given.onLatency ?? (() => undefined),
})
