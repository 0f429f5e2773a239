/** URLs whose last answer could not be stored: for a while nobody waits in line for the next one (Varnish's hit-for-miss). */
import { isMeant, type PurgeCommand } from './purge.ts'

const mostRemembered = 10_000

/**
 * What is known stands as it is until that much could be added. To renew it for each request would move it to the end of
 * the map each time, and V8 would copy the map every few requests, into old space, whose collections stop everybody for
 * milliseconds.
 */
const renewAfterMs = 1000

export class HitForMiss {
  readonly #untilMs = new Map<string, number>()

  remember(key: string, untilMs: number): void {
    const knownUntilMs = this.#untilMs.get(key)
    if (knownUntilMs !== undefined && untilMs - knownUntilMs < renewAfterMs && untilMs >= knownUntilMs) return
    this.#untilMs.delete(key)
    this.#untilMs.set(key, untilMs)
    if (this.#untilMs.size <= mostRemembered) return
    for (const [oldest] of this.#untilMs) {
      this.#untilMs.delete(oldest)
      return
    }
  }

  has(key: string, nowMs: number): boolean {
    const untilMs = this.#untilMs.get(key)
    if (untilMs === undefined) return false
    if (untilMs > nowMs) return true
    this.#untilMs.delete(key)
    return false
  }

  /** An answer that could be stored, or a purge: what was known of the URL no longer holds. */
  forget(meant: string | PurgeCommand): void {
    if (typeof meant === 'string') this.#untilMs.delete(meant)
    else for (const key of this.#untilMs.keys()) if (isMeant(meant, key, [])) this.#untilMs.delete(key)
  }
}
