/** How late this process' event loop is: what every request in it waits, whatever it waits for besides. */

/** Calls back every `intervalMs` until the returned function is called. */
export type Schedule = (callback: () => void, intervalMs: number) => () => void

export const everyInterval: Schedule = (callback, intervalMs) => {
  const timer = setInterval(callback, intervalMs).unref()
  return () => clearInterval(timer)
}

const sampleEveryMs = 50

/** The least of so many samples counts, as CoDel judges queues (RFC 8289 §3): a single pause, however long, is no overload. */
const samplesInRow = 3

/** Twenty timers a second; node's own histogram would have to be read and reset as often to say what is now. */
export class LoopDelay {
  readonly #clock: () => number
  readonly #stop: () => void
  #dueMs: number
  readonly #lateMs: number[] = Array.from({ length: samplesInRow }, () => 0)
  #delayMs = 0

  constructor(clock: () => number, schedule: Schedule = everyInterval) {
    this.#clock = clock
    this.#dueMs = clock() + sampleEveryMs
    this.#stop = schedule(() => this.#sample(), sampleEveryMs)
  }

  /** By which every turn has been late lately. */
  get delayMs(): number {
    return this.#delayMs
  }

  close(): void {
    this.#stop()
  }

  #sample(): void {
    const nowMs = this.#clock()
    this.#lateMs.shift()
    this.#lateMs.push(Math.max(0, nowMs - this.#dueMs))
    this.#delayMs = Math.min(...this.#lateMs)
    this.#dueMs = nowMs + sampleEveryMs
  }
}
