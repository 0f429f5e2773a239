/** A few at a time: what costs memory waits in a bounded queue, or is refused at once. */
import { RoundtripError } from '@roundtrip/errors'

export interface GateOptions {
  /** Most at work at once. */
  readonly places: number
  /** Most that wait for a place. */
  readonly maxWaiting: number
  /** Longest wait. */
  readonly maxWaitMs: number
  /** Calls back after so many milliseconds. @returns how to stop that; default `setTimeout` */
  readonly schedule?: (callback: () => void, delayMs: number) => () => void
}

const withTimer = (callback: () => void, delayMs: number): (() => void) => {
  const timer = setTimeout(callback, delayMs)
  return () => clearTimeout(timer)
}

export class Gate {
  readonly #options: GateOptions
  /** In the order in which they came; each is called when it has got a place. */
  readonly #waiting = new Set<() => void>()
  #atWork = 0

  constructor(options: GateOptions) {
    this.#options = options
  }

  /** @throws RoundtripError `OVERLOADED` when the queue is full or a place came too late; the reason of the signal */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    if (this.#atWork < this.#options.places) this.#atWork++
    else await this.#place(signal)
    try {
      return await work()
    } finally {
      this.#handOn()
    }
  }

  #place(signal: AbortSignal | undefined): Promise<void> {
    const { maxWaiting, maxWaitMs, schedule = withTimer } = this.#options
    if (this.#waiting.size >= maxWaiting) return Promise.reject(new RoundtripError('OVERLOADED'))
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(enter)
        stopTimer()
        signal?.removeEventListener('abort', callOff)
      }
      const enter = (): void => {
        leave()
        resolve()
      }
      const callOff = (): void => {
        leave()
        reject(signal?.reason as Error)
      }
      const stopTimer = schedule(() => {
        leave()
        reject(new RoundtripError('OVERLOADED'))
      }, maxWaitMs)
      signal?.addEventListener('abort', callOff, { once: true })
      this.#waiting.add(enter)
    })
  }

  /** The place goes to the next one without becoming free in between: nobody can push in. */
  #handOn(): void {
    const [next] = this.#waiting
    if (next === undefined) this.#atWork--
    else next()
  }
}
