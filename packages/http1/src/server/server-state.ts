/** What all connections of one HTTP/1.1 server share: its options and limits, the sweep, the cohort, and what is counted. */
import type { RoundtripError } from '@roundtrip/errors'
import type { ServeOptions } from '@roundtrip/http'
import { Cohort } from './cohort.ts'
import { defaultHttp1Settings, type Http1Settings } from './limits.ts'
import { Sweep, type Schedule } from './sweep.ts'

export interface Http1ServerOptions extends ServeOptions {
  /** Defaults stand for what is left out. */
  readonly limits?: Partial<Http1Settings>
  /** The Allow field of a refused CONNECT. */
  readonly allow?: string
  readonly schedule?: Schedule
}

export interface Http1Stats {
  /** Open now. */
  readonly connections: number
  readonly acceptedConnections: number
  readonly requests: number
  /** What was refused before or beside its handler, by error code. */
  readonly refused: Readonly<Record<string, number>>
  /** Connections broken off because of a client that neither sent nor read in time. */
  readonly stalled: number
}

export class ServerState {
  readonly options: Http1ServerOptions
  readonly limits: Http1Settings
  readonly sweep: Sweep
  readonly cohort = new Cohort()
  acceptedConnections = 0
  requests = 0
  stalled = 0
  readonly #refused: Record<string, number> = {}

  constructor(options: Http1ServerOptions) {
    this.options = options
    this.limits = { ...defaultHttp1Settings, ...options.limits }
    this.sweep = new Sweep(options.clock, options.schedule)
  }

  noteRefusal({ code }: RoundtripError): void {
    this.#refused[code] = (this.#refused[code] ?? 0) + 1
  }

  stats(): Http1Stats {
    const { acceptedConnections, requests, stalled } = this
    return { connections: this.sweep.size, acceptedConnections, requests, refused: { ...this.#refused }, stalled }
  }
}
