/** Decides whether this process can take one more request, and whose (RFC 9110 §15.6.4). */
import { delayShareOf, LoopDelay, priorities, shareOf, type Priority, type Schedule } from '@roundtrip/load-shedding'
import type { AppSettings } from '../config.ts'
import { HeapUse, type HeapFigures } from './heap-use.ts'
import { Threshold } from './threshold.ts'

/** What there is too much of. */
export type Excess = 'in-flight' | 'loop-delay' | 'heap'

export interface LoadShedderOptions {
  readonly settings: Pick<AppSettings, 'maxInFlight' | 'maxLoopDelayMs'> & {
    readonly maxHeapBytes?: number | undefined
  }
  /** Milliseconds, never going back; default `performance.now`. */
  readonly clock?: () => number
  readonly schedule?: Schedule
  readonly readHeap?: () => HeapFigures
}

export interface LoadStatus {
  readonly inFlight: number
  readonly loopDelayMs: number
  readonly heapBytes: number
  /** Refused so far, by reason and priority. */
  readonly shed: readonly { readonly excess: Excess; readonly priority: Priority; readonly count: number }[]
}

/** Of what V8 allows: beyond that it collects garbage more than it runs. */
const heapShare = 0.9

/** Orders are not worth an exhausted heap: this is where the process dies. */
const heapShareOf: Readonly<Record<Priority, number>> = { critical: 1, normal: 0.98, sheddable: 0.95 }

interface Bounds {
  readonly inFlight: number
  readonly loopDelayMs: Threshold
  readonly heapBytes: Threshold
}

export class LoadShedder {
  readonly #loop: LoopDelay
  readonly #heap: HeapUse
  readonly #bounds: Readonly<Record<Priority, Bounds>>
  readonly #shed = new Map<`${Excess} ${Priority}`, number>()
  #inFlight = 0

  constructor({ settings, clock = () => performance.now(), schedule, readHeap }: LoadShedderOptions) {
    this.#loop = new LoopDelay(clock, schedule)
    this.#heap = new HeapUse(readHeap, schedule)
    const maxHeapBytes = settings.maxHeapBytes ?? this.#heap.limit * heapShare
    const boundsOf = (priority: Priority): Bounds => ({
      inFlight: settings.maxInFlight * shareOf[priority],
      loopDelayMs: new Threshold(settings.maxLoopDelayMs * delayShareOf[priority]),
      heapBytes: new Threshold(maxHeapBytes * heapShareOf[priority]),
    })
    this.#bounds = { critical: boundsOf('critical'), normal: boundsOf('normal'), sheddable: boundsOf('sheddable') }
  }

  /** Counts the request as in hand when it says yes: `left` is then owed. */
  admit(priority: Priority): boolean {
    const excess = this.#excessFor(this.#bounds[priority])
    if (excess === undefined) {
      this.#inFlight++
      return true
    }
    const key = `${excess} ${priority}` as const
    this.#shed.set(key, (this.#shed.get(key) ?? 0) + 1)
    return false
  }

  /** An arrow, so that every request can be given the same one. */
  readonly left = (): void => {
    this.#inFlight--
  }

  status(): LoadStatus {
    const shed = (['in-flight', 'loop-delay', 'heap'] as const).flatMap((excess) =>
      priorities.map((priority) => ({ excess, priority, count: this.#shed.get(`${excess} ${priority}`) ?? 0 })),
    )
    return { inFlight: this.#inFlight, loopDelayMs: this.#loop.delayMs, heapBytes: this.#heap.bytes, shed }
  }

  close(): void {
    this.#loop.close()
    this.#heap.close()
  }

  #excessFor(bounds: Bounds): Excess | undefined {
    if (bounds.loopDelayMs.isExceededBy(this.#loop.delayMs)) return 'loop-delay'
    if (bounds.heapBytes.isExceededBy(this.#heap.bytes)) return 'heap'
    return this.#inFlight >= bounds.inFlight ? 'in-flight' : undefined
  }
}
