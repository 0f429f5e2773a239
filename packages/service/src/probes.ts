/** What a service says to those who ask how it is, from its first moment to its last: started, ready, its figures. */
import type { Metric } from '@roundtrip/metrics'
import type { Component, Health } from './component.ts'

const starting: Health = { ready: false, started: false, checks: { start: 'under way' } }

export class Probes {
  #component: Component | undefined
  #isRetiring = false

  /** Before, it is starting. */
  started(component: Component): void {
    this.#component = component
  }

  /** From now on it is not ready, whatever it says itself: balancers are to look elsewhere. */
  retiring(): void {
    this.#isRetiring = true
  }

  async health(): Promise<Health> {
    if (this.#component === undefined) return starting
    return this.#isRetiring ? { ready: false, checks: { draining: 'yes' } } : this.#component.health()
  }

  /** Undefined for a service without any. */
  async metrics(): Promise<readonly Metric[] | undefined> {
    return this.#component?.metrics?.()
  }
}
