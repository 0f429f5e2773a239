/** Asks every server a few times a second what it is and how far it has got, and acts on the changes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isTimeout } from './failure.ts'
import type { Log } from './log.ts'
import type { DatabaseNode } from './node.ts'
import type { Standing, Topology } from './topology.ts'

export type Wait = (delayMs: number, signal: AbortSignal) => Promise<unknown>

export interface MonitorOptions {
  readonly nodes: readonly DatabaseNode[]
  readonly topology: Topology<DatabaseNode>
  readonly intervalMs: number
  readonly log: Log
  /** From 0 up to 1; spreads the questions of many processes. */
  readonly random: () => number
  /** Rejects when the signal aborts. */
  readonly wait?: Wait | undefined
}

const longestIntervalMs = 1_000

const unreferencedSleep: Wait = (delayMs, signal) => sleep(delayMs, undefined, { signal, ref: false })

/** Doubles while a server does not answer, up to a second, less up to half at random. */
export const nextSampleMs = (intervalMs: number, failures: number, random: () => number): number =>
  Math.min(intervalMs * 2 ** failures, Math.max(intervalMs, longestIntervalMs)) * (1 - random() / 2)

export class Monitor {
  readonly #options: MonitorOptions
  readonly #closing = new AbortController()
  #first: Promise<void> | undefined

  constructor(options: MonitorOptions) {
    this.#options = options
  }

  /** Starts asking. Resolves when every server has answered or failed once: not before is it known who the primary is. */
  ready(): Promise<void> {
    this.#first ??= this.#start()
    return this.#first
  }

  /** Asks all of them now. */
  async checkAll(): Promise<void> {
    await this.ready()
    await Promise.all(this.#options.nodes.map((node) => this.check(node)))
  }

  /** Asks now. @returns whether it answered */
  async check(node: DatabaseNode): Promise<boolean> {
    const { topology } = this.#options
    try {
      const sample = await node.sample().catch((error: unknown) => {
        // This process itself may have been too busy to take the answer in time.
        if (!isTimeout(error) || topology.standingOf(node).role === 'unreachable') throw error
        return node.sample()
      })
      const wasPrimary = topology.primary
      const { before, after } = topology.observe(node, sample)
      this.#report(node, before, after)
      if (wasPrimary !== topology.primary) this.#primaryChanged(wasPrimary, topology.primary)
      return true
    } catch (error) {
      this.#lose(node, error)
      return false
    }
  }

  /**
   * Work has failed on this node. A replica gets no more reads until it answers the monitor: another node has them in the
   * meantime. Of the primary there is only one, and a single broken connection does not prove it gone, so it is asked.
   */
  suspect(node: DatabaseNode, error: unknown): void {
    if (this.#options.topology.standingOf(node).role === 'replica') this.#lose(node, error)
    else void this.check(node)
  }

  /** The connection that asks broke: what a replica had replayed is not known any more, as it may have restarted. */
  connectionLost(node: DatabaseNode, error: unknown): void {
    if (this.#options.topology.standingOf(node).role === 'replica') this.#lose(node, error)
    void this.check(node)
  }

  close(): void {
    this.#closing.abort()
  }

  async #start(): Promise<void> {
    await Promise.all(this.#options.nodes.map((node) => this.check(node)))
    for (const node of this.#options.nodes) void this.#watch(node)
  }

  async #watch(node: DatabaseNode): Promise<void> {
    const { intervalMs, random, wait = unreferencedSleep } = this.#options
    const { signal } = this.#closing
    let failures = 0
    while (!signal.aborted) {
      await wait(nextSampleMs(intervalMs, failures, random), signal).catch(() => {}) // Only closing ends the wait early.
      if (signal.aborted) return
      failures = (await this.check(node)) ? 0 : failures + 1
    }
  }

  #lose(node: DatabaseNode, error: unknown): void {
    if (this.#closing.signal.aborted) return
    const { before } = this.#options.topology.lost(node)
    if (before.role === 'unreachable') return
    this.#options.log.warn({ node: node.name, was: before.role, error }, 'database node unreachable')
    node.refuseWaiting(error)
  }

  #report(node: DatabaseNode, before: Standing, after: Standing): void {
    const { log } = this.#options
    const facts = { node: node.name, role: after.role, lagBytes: after.lag.bytes, lagMs: after.lag.ms }
    if (after.isTooFarBehind !== before.isTooFarBehind) {
      if (after.isTooFarBehind) log.warn(facts, 'replica too far behind, ejected')
      else log.info(facts, 'replica has caught up')
    }
    if (after.role === before.role) return
    if (after.role === 'fenced') {
      log.warn(facts, 'database node fenced: it takes writes, but another primary has taken over')
      node.renew()
    } else if (before.role !== 'unknown') log.info(facts, 'database node back in service')
  }

  #primaryChanged(former: DatabaseNode | undefined, primary: DatabaseNode | undefined): void {
    // What the former one has in its pools must not be written with, should it not even know that it was replaced.
    former?.renew()
    this.#options.log.debug({ former: former?.name, primary: primary?.name }, 'primary changed')
  }
}
