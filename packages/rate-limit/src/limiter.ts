/** What a layer asks of whoever keeps the counts. */
import type { Charge, Verdict } from './gcra.ts'

export interface LimiterStatus {
  /** `local`: counted without Redis, because there is none or because it does not answer. */
  readonly counting: 'shared' | 'local'
  readonly allowed: number
  readonly denied: number
  /** Of `denied`, those for which Redis was not asked again. */
  readonly deniedFromMemory: number
  /** Decided locally although Redis should have been asked. */
  readonly fallbacks: number
  /** Kept in this process. */
  readonly keys: number
}

export interface Limiter {
  /** Never rejects and never throws: a limit that cannot be asked must not become an outage. */
  take(charges: readonly Charge[]): Verdict | Promise<Verdict>
  status(): LimiterStatus
  close(): void
}
