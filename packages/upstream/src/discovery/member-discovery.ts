/** Keeps a pool's members those of a name, as long as its settings have one. */
import type { Membership } from '../membership.ts'
import type { PoolSurroundings } from '../pool-surroundings.ts'
import type { DnsSettings } from '../settings/pool-settings.ts'
import { startDiscovery } from './discovery.ts'
import type { Endpoint } from './dns-lookup.ts'

export interface DiscoveryStatus {
  /** Milliseconds since the epoch. */
  readonly lastAnswerAt?: number
  /** Of the latest lookup. */
  readonly failure?: string
}

export interface MemberDiscoveryOptions {
  readonly pool: string
  readonly membership: Membership
  readonly surroundings: Required<PoolSurroundings>
}

export class MemberDiscovery {
  readonly #options: MemberDiscoveryOptions
  readonly #firstLookup = Promise.withResolvers<void>()
  #status: DiscoveryStatus | undefined

  constructor(options: MemberDiscoveryOptions) {
    this.#options = options
  }

  /** Undefined when there is no name. */
  get status(): DiscoveryStatus | undefined {
    return this.#status
  }

  /** Resolves when the first lookup has come back, whatever it said. */
  get ready(): Promise<void> {
    return this.#firstLookup.promise
  }

  /** Asks at once. @returns stops it */
  start(dns: DnsSettings): () => void {
    this.#status ??= {}
    const { discover, schedule, random } = this.#options.surroundings
    return startDiscovery({
      settings: dns,
      lookup: discover,
      onEndpoints: (endpoints) => this.#found(dns, endpoints),
      onFailure: (error) => this.#failed(dns, error),
      schedule,
      random,
    })
  }

  /** There is no name any more: its members leave. */
  end(): void {
    if (this.#status === undefined) return
    this.#status = undefined
    this.#options.membership.replace('dns', [], false)
  }

  #found(dns: DnsSettings, endpoints: readonly Endpoint[]): void {
    // A name without addresses is rather a mistake of whoever edits the zone than the wish to serve nobody.
    if (endpoints.length === 0) return this.#failed(dns, new Error('the name has no addresses'))
    const isFirst = this.#status?.lastAnswerAt === undefined
    this.#status = { lastAnswerAt: Math.round(this.#options.surroundings.clock()) }
    const joining = endpoints.map((endpoint) => ({ ...endpoint, zone: dns.zone }))
    this.#options.membership.replace('dns', joining, isFirst)
    this.#firstLookup.resolve()
  }

  #failed({ name }: DnsSettings, error: Error): void {
    const { pool, surroundings } = this.#options
    const isKnown = this.#status?.failure !== undefined
    this.#status = { ...this.#status, failure: error.message }
    if (!isKnown) {
      const facts = { upstream: pool, name, error }
      surroundings.log.warn(facts, `${pool}: members could not be looked up, those known are kept`)
    }
    this.#firstLookup.resolve()
  }
}
