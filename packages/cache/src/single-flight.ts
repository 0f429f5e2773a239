/** Request collapsing within one process: who asks for what is already being fetched waits for that. */

export class SingleFlight {
  readonly #flights = new Map<string, Promise<unknown>>()

  /** Runs `work`, or joins the run under the same name that has not ended yet, sharing its result or its error. */
  run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const flying = this.#flights.get(name)
    if (flying !== undefined) return flying as Promise<T>
    const flight = work().finally(() => this.#flights.delete(name))
    this.#flights.set(name, flight)
    return flight
  }
}
