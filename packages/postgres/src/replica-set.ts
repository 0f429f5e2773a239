/** Which replicas may be read from: selection, ejection on failure, return after a successful probe. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from './log.ts'
import type { DatabaseNode } from './node.ts'

export type Wait = (delayMs: number, signal: AbortSignal) => Promise<unknown>

export interface ReplicaSetOptions {
  readonly log: Log
  /** From 0 up to 1; spreads the probes of many processes. */
  readonly random: () => number
  /** Rejects when the signal aborts. */
  readonly wait?: Wait
}

const firstProbeMs = 250
const longestProbeMs = 5_000

/** Doubles from a quarter of a second to five, less up to half at random. */
export const probeDelayMs = (attempt: number, random: () => number): number =>
  Math.min(firstProbeMs * 2 ** attempt, longestProbeMs) * (1 - random() / 2)

const unreferencedSleep: Wait = (delayMs, signal) => sleep(delayMs, undefined, { signal, ref: false })

export class ReplicaSet {
  readonly #replicas: readonly DatabaseNode[]
  readonly #ejected = new Set<DatabaseNode>()
  readonly #closing = new AbortController()
  readonly #options: ReplicaSetOptions
  #turn = 0

  constructor(replicas: readonly DatabaseNode[], options: ReplicaSetOptions) {
    this.#replicas = replicas
    this.#options = options
  }

  /** Those in service, another one first each time (round robin); the rest in the order to try them. */
  inTurn(): DatabaseNode[] {
    const inService = this.#replicas.filter((replica) => !this.#ejected.has(replica))
    const first = inService.length === 0 ? 0 : this.#turn++ % inService.length
    return [...inService.slice(first), ...inService.slice(0, first)]
  }

  isEjected(replica: DatabaseNode): boolean {
    return this.#ejected.has(replica)
  }

  /** Gives a replica no more reads until a probe finds it answering, and still a replica. */
  eject(replica: DatabaseNode, cause: unknown): void {
    if (this.#ejected.has(replica) || this.#closing.signal.aborted) return
    this.#ejected.add(replica)
    this.#options.log.warn({ node: replica.name, error: cause }, 'replica ejected')
    void this.#returnWhenItAnswers(replica)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#replicas.map((replica) => replica.close()))
  }

  async #returnWhenItAnswers(replica: DatabaseNode): Promise<void> {
    const { random, wait = unreferencedSleep, log } = this.#options
    const { signal } = this.#closing
    for (let attempt = 0; !signal.aborted; attempt++) {
      await wait(probeDelayMs(attempt, random), signal).catch(() => {}) // Only closing ends the wait early.
      if (signal.aborted) return
      const isReplica = await replica.isInRecovery().catch(() => false)
      if (!isReplica) continue
      this.#ejected.delete(replica)
      log.info({ node: replica.name, attempts: attempt + 1 }, 'replica back in service')
      return
    }
  }
}
