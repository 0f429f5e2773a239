/** A worker's end of the bus. */
import type { Log } from '@roundtrip/http'
import { inTime, LocalBus } from './local-bus.ts'
import type { ToParent, ToWorker } from './messages.ts'
import {
  defaultRequestTimeoutMs,
  type RequestOptions,
  type Topic,
  type TopicHandler,
  type WorkerBus,
} from './worker-bus.ts'

/** How much longer than the parent a worker waits for what the parent has gathered, in milliseconds. */
const gatheringMs = 500

export class BusLink implements WorkerBus {
  readonly #local: LocalBus
  readonly #send: (message: ToParent) => void
  readonly #waiting = new Map<number, (values: readonly unknown[]) => void>()
  #lastId = 0

  /** @param send towards the parent; must not throw when that is gone */
  constructor(log: Log, send: (message: ToParent) => void) {
    this.#local = new LocalBus(log)
    this.#send = send
  }

  /** Hands in what the parent has said. */
  hear(message: ToWorker): void {
    if (message.type === 'deliver') void this.#deliver(message.topic, message.payload, message.id)
    else if (message.type === 'replies') this.#waiting.get(message.id)?.(message.values)
  }

  publish<Payload, R>(about: Topic<Payload, R>, payload: Payload): void {
    this.#local.publish(about, payload)
    this.#send({ type: 'publish', topic: about.name, payload })
  }

  subscribe<Payload, R>(about: Topic<Payload, R>, handler: TopicHandler<Payload, R>): () => void {
    return this.#local.subscribe(about, handler)
  }

  async request<Payload, R>(about: Topic<Payload, R>, payload: Payload, options: RequestOptions = {}): Promise<R[]> {
    const { timeoutMs = defaultRequestTimeoutMs, whom = 'all' } = options
    const [own, others] = await Promise.all([
      whom === 'all' ? this.#local.request(about, payload, { timeoutMs }) : [],
      this.#askOthers(about.name, payload, { timeoutMs, whom }),
    ])
    return [...own, ...(others as R[])]
  }

  async #askOthers(
    topic: string,
    payload: unknown,
    { timeoutMs, whom }: Required<RequestOptions>,
  ): Promise<readonly unknown[]> {
    const id = ++this.#lastId
    const { promise, resolve } = Promise.withResolvers<readonly unknown[]>()
    this.#waiting.set(id, resolve)
    this.#send({ type: 'request', id, topic, payload, timeoutMs, whom })
    try {
      return (await inTime(promise, timeoutMs + gatheringMs)) ?? []
    } finally {
      this.#waiting.delete(id)
    }
  }

  async #deliver(topic: string, payload: unknown, id: number | undefined): Promise<void> {
    const reply = await this.#local.deliver(topic, payload)
    if (id !== undefined) this.#send({ type: 'reply', id, ...(reply !== undefined && { reply }) })
  }
}
