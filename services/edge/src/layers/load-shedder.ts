/** Decides whether the edge can take one more request, and whose. Shared by all routes of a process. */
import { setting } from '@roundtrip/config'
import { Type, type Static } from 'typebox'
import { GradientLimit } from './gradient-limit.ts'
import { LoopDelay, type Schedule } from './loop-delay.ts'

export const loadShedderSettings = Type.Object(
  {
    initialLimit: setting.count({
      description: 'requests that may wait for an answer at once, to begin with',
      default: 1000,
      minimum: 1,
    }),
    minLimit: setting.count({ description: 'the limit never falls below', default: 100, minimum: 1 }),
    maxLimit: setting.count({ description: 'the limit never rises above', default: 10_000, minimum: 1 }),
    tolerance: Type.Number({
      minimum: 1,
      maximum: 10,
      expected: 'a number from 1 to 10',
      description: 'how many times longer than usual answers may take before the limit falls',
      default: 2,
    }),
    windowMs: setting.durationMs({ description: 'time over which answers are averaged', default: 500 }),
    maxOpen: setting.count({
      description: 'requests in hand at once, those included whose answer is being sent or whose content arrives',
      default: 20_000,
      minimum: 1,
    }),
    maxLoopDelayMs: setting.durationMs({
      description: 'delay of the event loop above which requests are refused',
      default: 200,
    }),
  },
  { additionalProperties: false },
)

export type LoadShedderSettings = Readonly<Static<typeof loadShedderSettings>>

export type Priority = 'critical' | 'normal' | 'sheddable'

/** How much of what there is a priority may fill: the rest is kept for those above. */
const shareOf: Readonly<Record<Priority, number>> = { critical: 1, normal: 0.9, sheddable: 0.7 }

/** How much of the tolerated delay of the loop a priority bears. */
const delayShareOf: Readonly<Record<Priority, number>> = { critical: 2, normal: 1, sheddable: 0.5 }

/** Answers that came quicker were in memory: they waited for nobody and say nothing about who is waited for. */
const fromMemoryMs = 0.25

export interface LoadShedderOptions extends LoadShedderSettings {
  /** Milliseconds, never going back; default `performance.now`. */
  readonly clock?: () => number
  readonly schedule?: Schedule
}

export interface LoadStatus {
  readonly limit: number
  /** Requests without an answer yet, their content read. */
  readonly waiting: number
  /** Requests whose answer has not been delivered. */
  readonly open: number
  readonly usualMs: number | undefined
  readonly loopDelayMs: number
  /** Refused so far. */
  readonly shed: Readonly<Record<Priority, number>>
}

export class LoadShedder {
  readonly clock: () => number
  readonly #settings: LoadShedderSettings
  readonly #limit: GradientLimit
  readonly #loop: LoopDelay
  readonly #shed: Record<Priority, number> = { critical: 0, normal: 0, sheddable: 0 }
  #waiting = 0
  #open = 0

  constructor({ clock = () => performance.now(), schedule, ...settings }: LoadShedderOptions) {
    this.clock = clock
    this.#settings = settings
    this.#limit = new GradientLimit(settings)
    this.#loop = new LoopDelay(clock, schedule)
  }

  status(): LoadStatus {
    return {
      limit: Math.floor(this.#limit.limit),
      waiting: this.#waiting,
      open: this.#open,
      usualMs: this.#limit.usualMs,
      loopDelayMs: this.#loop.delayMs,
      shed: { ...this.#shed },
    }
  }

  /** Counts the request as open when it says yes: `closed` is then owed. */
  admit(priority: Priority): boolean {
    if (this.#hasRoom(priority)) {
      this.#open++
      return true
    }
    this.#shed[priority]++
    return false
  }

  /** The request begins to wait for its answer: `answered` is then owed. @returns how many wait with it */
  waits(): number {
    return ++this.#waiting
  }

  /** @param waiting as `waits` said; @param isGood whether it is a measure of who answers, not a failure */
  answered(startMs: number, waiting: number, isGood: boolean): void {
    this.#waiting--
    const nowMs = this.clock()
    const durationMs = nowMs - startMs
    if (isGood && durationMs >= fromMemoryMs) this.#limit.sample(durationMs, waiting, nowMs)
  }

  /** An arrow, so that every request can be given the same one. */
  readonly closed = (): void => {
    this.#open--
  }

  close(): void {
    this.#loop.close()
  }

  #hasRoom(priority: Priority): boolean {
    const share = shareOf[priority]
    return (
      this.#waiting < this.#limit.limit * share &&
      this.#open < this.#settings.maxOpen * share &&
      this.#loop.delayMs <= this.#settings.maxLoopDelayMs * delayShareOf[priority]
    )
  }
}
