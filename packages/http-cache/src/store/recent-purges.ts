/** What was purged lately: caches behind this one may still hold it, and are asked past what is older. */
import { longestInnerLifetimeMs } from '../policy/inner.ts'
import type { PurgeCommand } from './purge.ts'

/** Beyond this, the oldest counts as a purge of everything. */
const mostRemembered = 4096

export class RecentPurges {
  /** In order of time. */
  readonly #byUrl = new Map<string, number>()
  #everythingMs = -Infinity

  note(command: PurgeCommand, nowMs: number): void {
    // Which URLs a surrogate key stands for nobody knows who has not stored them all.
    if (!('url' in command)) {
      this.#everythingMs = nowMs
      return
    }
    this.#byUrl.delete(command.url)
    this.#byUrl.set(command.url, nowMs)
    this.#forget(nowMs)
  }

  /** @returns when the key was last purged, in milliseconds since the epoch; undefined when nobody can hold it any more */
  lastOf(key: string, nowMs: number): number | undefined {
    const lastMs = Math.max(this.#byUrl.get(key) ?? -Infinity, this.#everythingMs)
    return nowMs - lastMs < longestInnerLifetimeMs ? lastMs : undefined
  }

  #forget(nowMs: number): void {
    for (const [url, atMs] of this.#byUrl) {
      const isOld = nowMs - atMs >= longestInnerLifetimeMs
      if (!isOld && this.#byUrl.size <= mostRemembered) return
      if (!isOld) this.#everythingMs = Math.max(this.#everythingMs, atMs)
      this.#byUrl.delete(url)
    }
  }
}
