/** How many loads run at once in this process: what the cache keeps off the database must not fall on it at once. */
import { RoundtripError } from '@roundtrip/errors'

export interface LoadGateOptions {
  readonly maxLoads: number
  /** Loads that wait for their turn; further ones are refused at once. */
  readonly maxQueued: number
  /** Longest wait for a turn. */
  readonly queueMs: number
}

export class LoadGate {
  readonly #options: LoadGateOptions
  /** In the order of coming: calls begin their load. */
  readonly #queue = new Set<() => void>()
  #running = 0

  constructor(options: LoadGateOptions) {
    this.#options = options
  }

  get running(): number {
    return this.#running
  }

  get queued(): number {
    return this.#queue.size
  }

  /** @throws RoundtripError `OVERLOADED` when there is no turn in time, else what `load` throws */
  async run<T>(load: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#options.maxLoads) await this.#turn()
    else this.#running++
    try {
      return await load()
    } finally {
      const [next] = this.#queue
      // A turn is handed over, not given back: nobody who comes now can take it first.
      if (next === undefined) this.#running--
      else next()
    }
  }

  #turn(): Promise<void> {
    const { maxQueued, queueMs } = this.#options
    if (this.#queue.size >= maxQueued) return Promise.reject(overloaded())
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        clearTimeout(timer)
        this.#queue.delete(begin)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#queue.delete(begin)
        reject(overloaded())
      }, queueMs)
      this.#queue.add(begin)
    })
  }
}

const overloaded = (): RoundtripError =>
  new RoundtripError('OVERLOADED', 'Too much is being loaded at once; try again shortly.', {
    details: { retryAfterSeconds: 1 },
  })
