/** How full the heap of this process is, looked at now and then. */
import { getHeapStatistics } from 'node:v8'
import { everyInterval, type Schedule } from '@roundtrip/load-shedding'

/** Bytes. */
export interface HeapFigures {
  readonly used: number
  readonly limit: number
}

const sampleEveryMs = 250

/** The least of so many samples counts: what is garbage has been collected in between, if the heap is nearly full. */
const samplesInRow = 4

export const readHeap = (): HeapFigures => {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  return { used, limit }
}

export class HeapUse {
  readonly #read: () => HeapFigures
  readonly #stop: () => void
  readonly #samples: number[] = Array.from({ length: samplesInRow }, () => 0)

  constructor(read: () => HeapFigures = readHeap, schedule: Schedule = everyInterval) {
    this.#read = read
    this.#stop = schedule(() => this.#sample(), sampleEveryMs)
  }

  /** Bytes that have been in use all the time lately. */
  get bytes(): number {
    return Math.min(...this.#samples)
  }

  /** Bytes that there may be. */
  get limit(): number {
    return this.#read().limit
  }

  close(): void {
    this.#stop()
  }

  #sample(): void {
    this.#samples.shift()
    this.#samples.push(this.#read().used)
  }
}
