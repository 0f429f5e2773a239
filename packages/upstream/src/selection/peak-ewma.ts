/** Peak EWMA: latency times load, quick to notice a slow member and slow to forget it (Finagle, "P2C + Peak EWMA"). */
import type { Selection } from './selection.ts'
import { PowerOfTwo } from './power-of-two.ts'

/** A moving average that jumps up to each new peak and decays over time, whether anything is observed or not. */
export class PeakEwma {
  #valueMs = 0
  #atMs = -Infinity

  /** @param latencyMs from sending a request to the head of its response */
  observe(latencyMs: number, nowMs: number, decayMs: number): void {
    const kept = this.#kept(nowMs, decayMs)
    this.#valueMs = latencyMs > this.#valueMs ? latencyMs : this.#valueMs * kept + latencyMs * (1 - kept)
    this.#atMs = nowMs
  }

  /** 0 for a member that nothing is known of. */
  value(nowMs: number, decayMs: number): number {
    return this.#valueMs === 0 ? 0 : this.#valueMs * this.#kept(nowMs, decayMs)
  }

  #kept(nowMs: number, decayMs: number): number {
    return Math.exp(-Math.max(0, nowMs - this.#atMs) / decayMs)
  }
}

/** Cost of a member that has work but has not answered yet: it must not look cheap because nothing is known of it. */
const unknownLatencyMs = 1000

/**
 * @param clock milliseconds, the one that latencies were observed with
 * @param random from 0 to below 1, as `Math.random`
 */
export const peakEwma = (decayMs: number, clock: () => number, random: () => number): Selection =>
  new PowerOfTwo(({ member, weight }) => {
    const latencyMs = member.latency.value(clock(), decayMs)
    const known = latencyMs === 0 && member.inFlight > 0 ? unknownLatencyMs : latencyMs
    return known * (member.inFlight / weight + 1)
  }, random)
