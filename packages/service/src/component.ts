/** What a service is to the process that runs it. */
import type { Metric } from '@roundtrip/metrics'
import type { Logger } from 'pino'

/** The answer of a health check: may this instance be given work, and if not, why. */
export interface Health {
  readonly ready: boolean
  /** False until all that it needs to begin with has been there once; true by default. */
  readonly started?: boolean
  /** One entry per neighbour or concern, e.g. `{ postgres: 'ok', cache: 'unreachable' }`. */
  readonly checks: Readonly<Record<string, string>>
}

/** A started service. */
export interface Component {
  /** Bound addresses by purpose, e.g. `{ https: 'https://127.0.0.1:8443' }`; announced and logged. */
  readonly listeners: Readonly<Record<string, string>>
  /** Asked on each readiness probe; must answer quickly and never throw for a missing neighbour. */
  health(): Promise<Health>
  /** Its figures, for the health listener's `/metrics`; must answer quickly. */
  metrics?(): Promise<readonly Metric[]>
  /** Told to stop: say that it is not ready wherever that is asked, and go on accepting until `drain`. */
  retire?(): void
  /** Stop accepting new work, finish what is in flight. Resolves when nothing is in flight. */
  drain(): Promise<void>
  /** Let go of every socket, pool and timer. Called after `drain`, also when draining ran out of time. */
  close(): Promise<void>
}

/** What a service gets to start with. */
export interface Surroundings<Settings> {
  readonly settings: Settings
  readonly log: Logger
  /** The name of this instance, e.g. `edge-1`. */
  readonly instance: string
}
