/** Follows a name: asks again when its answer has expired, and keeps the last good one while nobody answers. */
import type { Schedule } from '../health-check.ts'
import type { DnsSettings } from '../settings/pool-settings.ts'
import type { Endpoint, Lookup } from './dns-lookup.ts'

export interface DiscoveryOptions {
  readonly settings: DnsSettings
  readonly lookup: Lookup
  readonly onEndpoints: (endpoints: readonly Endpoint[]) => void
  /** Once for each failure. */
  readonly onFailure: (error: Error) => void
  readonly schedule: Schedule
  /** From 0 to below 1. */
  readonly random: () => number
}

/** Part of the wait by which it may be shorter, so that many edges do not ask in step. */
const jitter = 0.1

/** Asks at once. @returns stops it; an answer still under way is dropped */
export const startDiscovery = (options: DiscoveryOptions): (() => void) => {
  const { settings, lookup, onEndpoints, onFailure, schedule, random } = options
  let stopped = false
  let cancel: (() => void) | undefined
  const askAgain = (delayMs: number): void => {
    const { minTtlMs, maxTtlMs } = settings
    const boundedMs = Math.min(maxTtlMs, Math.max(minTtlMs, delayMs))
    cancel = schedule(run, boundedMs * (1 - jitter * random()))
  }
  const run = (): void => {
    void lookup(settings).then(
      ({ endpoints, ttlMs }) => {
        if (stopped) return
        onEndpoints(endpoints)
        askAgain(ttlMs)
      },
      (error: unknown) => {
        if (stopped) return
        onFailure(error as Error)
        askAgain(settings.minTtlMs)
      },
    )
  }
  run()
  return () => {
    stopped = true
    cancel?.()
  }
}
