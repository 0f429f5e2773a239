/** Rate, errors, duration of one route (the RED method): what each answer adds, and how it is told. */
import { Histogram } from './histogram.ts'
import type { Metric } from './exposition.ts'

export class RouteFigures {
  readonly route: string
  readonly #prefix: string
  /** By the hundreds of the status. */
  readonly #answers = new Float64Array(6)
  readonly #durations = new Histogram()

  /** @param prefix name of the service, which all its metrics begin with */
  constructor(prefix: string, route: string) {
    this.#prefix = prefix
    this.route = route
  }

  /** @param firstByteMs until the head of the answer was ready */
  record(status: number, firstByteMs: number): void {
    const hundreds = Math.trunc(status / 100)
    this.#answers[hundreds] = (this.#answers[hundreds] ?? 0) + 1
    this.#durations.record(firstByteMs)
  }

  get requests(): number {
    return this.#answers.reduce((sum, count) => sum + count, 0)
  }

  get metrics(): readonly Metric[] {
    const { route } = this
    return [
      {
        name: `${this.#prefix}_responses_total`,
        help: 'Responses by route and class of status.',
        type: 'counter',
        samples: [2, 3, 4, 5].map((hundreds) => ({
          labels: { route, status: `${hundreds}xx` },
          value: this.#answers[hundreds] ?? 0,
        })),
      },
      {
        name: `${this.#prefix}_first_byte_seconds`,
        help: 'Time until the head of the response was ready.',
        type: 'histogram',
        samples: this.#durations.samples({ route }),
      },
    ]
  }
}
