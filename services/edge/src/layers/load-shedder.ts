/** Decides whether the edge can take one more request, or let one more wait for a pool, and whose. Shared by all routes of a process. */
import { setting } from '@roundtrip/config'
import { delayShareOf, LoopDelay, shareOf, type Priority, type Schedule } from '@roundtrip/load-shedding'
import { Type, type Static } from 'typebox'
import { UpstreamLoad, type UpstreamLoadStatus } from './upstream-load.ts'

export const loadShedderSettings = Type.Object(
  {
    initialLimit: setting.count({
      description: 'requests that may wait for one pool at once, to begin with',
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

export interface LoadShedderOptions extends LoadShedderSettings {
  /** Milliseconds, never going back; default `performance.now`. */
  readonly clock?: () => number
  readonly schedule?: Schedule
}

export interface LoadStatus {
  /** Of all upstreams together. */
  readonly limit: number
  readonly waiting: number
  readonly upstreams: Readonly<Record<string, UpstreamLoadStatus>>
  /** Requests whose answer has not been delivered. */
  readonly open: number
  readonly loopDelayMs: number
  /** Refused so far. */
  readonly shed: Readonly<Record<Priority, number>>
}

export class LoadShedder {
  readonly #clock: () => number
  readonly #settings: LoadShedderSettings
  readonly #upstreams = new Map<string, UpstreamLoad>()
  readonly #loop: LoopDelay
  readonly #shed: Record<Priority, number> = { critical: 0, normal: 0, sheddable: 0 }
  #open = 0

  constructor({ clock = () => performance.now(), schedule, ...settings }: LoadShedderOptions) {
    this.#clock = clock
    this.#settings = settings
    this.#loop = new LoopDelay(clock, schedule)
  }

  /** What waits for the upstream of that name, whichever route sends it there. */
  upstream(name: string): UpstreamLoad {
    let load = this.#upstreams.get(name)
    if (load === undefined) this.#upstreams.set(name, (load = new UpstreamLoad(this.#settings, this.#clock)))
    return load
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

  /** Whether one more may wait for the upstream. */
  admitTo(upstream: UpstreamLoad, priority: Priority): boolean {
    if (upstream.hasRoom(shareOf[priority])) return true
    this.#shed[priority]++
    return false
  }

  /** An arrow, so that every request can be given the same one. */
  readonly closed = (): void => {
    this.#open--
  }

  status(): LoadStatus {
    const upstreams = Object.fromEntries([...this.#upstreams].map(([name, load]) => [name, load.status()]))
    const sum = (read: (load: UpstreamLoadStatus) => number): number =>
      Object.values(upstreams).reduce((total, load) => total + read(load), 0)
    return {
      limit: sum(({ limit }) => limit),
      waiting: sum(({ waiting }) => waiting),
      upstreams,
      open: this.#open,
      loopDelayMs: this.#loop.delayMs,
      shed: { ...this.#shed },
    }
  }

  close(): void {
    this.#loop.close()
  }

  #hasRoom(priority: Priority): boolean {
    return (
      this.#open < this.#settings.maxOpen * shareOf[priority] &&
      this.#loop.delayMs <= this.#settings.maxLoopDelayMs * delayShareOf[priority]
    )
  }
}
