/** What happened when, since a failover began. */
import type { FailoverStep } from '../database-control.ts'
import type { Cluster } from './cluster.ts'

export class Steps {
  readonly list: FailoverStep[] = []
  readonly #cluster: Pick<Cluster, 'clock' | 'onStep'>
  readonly #beganMs: number

  constructor(cluster: Pick<Cluster, 'clock' | 'onStep'>) {
    this.#cluster = cluster
    this.#beganMs = cluster.clock()
  }

  /** @returns when that was, in milliseconds since the beginning */
  add(what: string): number {
    const atMs = this.#cluster.clock() - this.#beganMs
    this.list.push({ atMs: Math.round(atMs), what })
    this.#cluster.onStep(what)
    return atMs
  }
}
