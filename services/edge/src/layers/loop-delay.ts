/** How late this process' event loop is: what every request in it waits, whatever it waits for besides. */

/** Calls back every `intervalMs` until the returned function is called. */
export type Schedule = (callback: () => void, intervalMs: number) => () => void

export const everyInterval: Schedule = (callback, intervalMs) => {
  const timer = setInterval(callback, intervalMs).unref()
  return () => clearInterval(timer)
}

const sampleEveryMs = 50

/** A peak is forgotten by half with each sample that is better. */
const decay = 0.5

/** Twenty timers a second; node's own histogram would have to be read and reset as often to say what is now. */
export class LoopDelay {
  readonly #clock: () => number
  readonly #stop: () => void
  #dueMs: number
  #delayMs = 0

  constructor(clock: () => number, schedule: Schedule = everyInterval) {
    this.#clock = clock
    this.#dueMs = clock() + sampleEveryMs
    this.#stop = schedule(() => this.#sample(), sampleEveryMs)
  }

  get delayMs(): number {
    return this.#delayMs
  }

  close(): void {
    this.#stop()
  }

  #sample(): void {
    const nowMs = this.#clock()
    const lateMs = Math.max(0, nowMs - this.#dueMs)
    this.#delayMs = Math.max(lateMs, this.#delayMs * decay)
    this.#dueMs = nowMs + sampleEveryMs
  }
}
