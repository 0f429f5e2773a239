/** The parent's end of the bus: passes messages on between workers, and takes part itself. */
import type { Log } from '@roundtrip/http'
import { inTime, LocalBus, type Reply } from './local-bus.ts'
import type { ToParent, ToWorker } from './messages.ts'
import {
  defaultRequestTimeoutMs,
  type RequestOptions,
  type Topic,
  type TopicHandler,
  type WorkerBus,
} from './worker-bus.ts'

/** A worker, as far as the bus is concerned. */
export interface BusMember {
  send(message: ToWorker): void
}

interface Waiting {
  readonly member: BusMember
  readonly settle: (reply: Reply) => void
}

export class BusHub implements WorkerBus {
  readonly #local: LocalBus
  readonly #members = new Set<BusMember>()
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0

  constructor(log: Log) {
    this.#local = new LocalBus(log)
  }

  join(member: BusMember): void {
    this.#members.add(member)
  }

  /** Nobody waits for it any longer. */
  leave(member: BusMember): void {
    this.#members.delete(member)
    for (const waiting of this.#waiting.values()) if (waiting.member === member) waiting.settle(undefined)
  }

  /** Hands in what a worker has said. */
  hear(member: BusMember, message: ToParent): void {
    if (message.type === 'publish') this.#tell(message.topic, message.payload, member)
    else if (message.type === 'reply') this.#waiting.get(message.id)?.settle(message.reply)
    else if (message.type === 'request') {
      const { id, topic, payload, timeoutMs, whom } = message
      const others = whom === 'parent' ? [] : [...this.#members].filter((other) => other !== member)
      void this.#ask(topic, payload, timeoutMs, others).then((values) => member.send({ type: 'replies', id, values }))
    }
  }

  publish<Payload, R>(about: Topic<Payload, R>, payload: Payload): void {
    this.#tell(about.name, payload)
  }

  /** Tells this process, and no worker. */
  publishHere<Payload, R>(about: Topic<Payload, R>, payload: Payload): void {
    this.#local.publish(about, payload)
  }

  subscribe<Payload, R>(about: Topic<Payload, R>, handler: TopicHandler<Payload, R>): () => void {
    return this.#local.subscribe(about, handler)
  }

  async request<Payload, R>(about: Topic<Payload, R>, payload: Payload, options: RequestOptions = {}): Promise<R[]> {
    const { timeoutMs = defaultRequestTimeoutMs, whom = 'all' } = options
    const workers = whom === 'parent' ? [] : [...this.#members]
    return (await this.#ask(about.name, payload, timeoutMs, workers)) as R[]
  }

  #tell(topic: string, payload: unknown, except?: BusMember): void {
    for (const member of this.#members) if (member !== except) member.send({ type: 'deliver', topic, payload })
    void this.#local.deliver(topic, payload)
  }

  async #ask(topic: string, payload: unknown, timeoutMs: number, workers: readonly BusMember[]): Promise<unknown[]> {
    const asked = workers.map((member) => this.#askOne(member, topic, payload, timeoutMs))
    const replies = await Promise.all([inTime(this.#local.deliver(topic, payload), timeoutMs), ...asked])
    return replies.flatMap((reply) => (reply === undefined ? [] : [reply.value]))
  }

  async #askOne(member: BusMember, topic: string, payload: unknown, timeoutMs: number): Promise<Reply> {
    const id = ++this.#lastId
    const { promise, resolve } = Promise.withResolvers<Reply>()
    this.#waiting.set(id, { member, settle: resolve })
    member.send({ type: 'deliver', id, topic, payload })
    try {
      return await inTime(promise, timeoutMs)
    } finally {
      this.#waiting.delete(id)
    }
  }
}
