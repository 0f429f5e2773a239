/** The bus of a process that is alone, and the part of every process's bus that is its own. */
import type { Log } from '@roundtrip/http'
import {
  defaultRequestTimeoutMs,
  type RequestOptions,
  type Topic,
  type TopicHandler,
  type WorkerBus,
} from './worker-bus.ts'

/** What a handler gave, or nothing: no handler, a failure, or not in time. */
export type Reply = { readonly value: unknown } | undefined

/** @param log where handlers that fail are reported */
export class LocalBus implements WorkerBus {
  readonly #handlers = new Map<string, TopicHandler<never, unknown>>()
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
  }

  publish<Payload, R>(about: Topic<Payload, R>, payload: Payload): void {
    void this.deliver(about.name, payload)
  }

  subscribe<Payload, R>(about: Topic<Payload, R>, handler: TopicHandler<Payload, R>): () => void {
    this.#handlers.set(about.name, handler)
    return () => {
      if (this.#handlers.get(about.name) === handler) this.#handlers.delete(about.name)
    }
  }

  async request<Payload, R>(about: Topic<Payload, R>, payload: Payload, options: RequestOptions = {}): Promise<R[]> {
    const reply = await inTime(this.deliver(about.name, payload), options.timeoutMs)
    return reply === undefined ? [] : [reply.value as R]
  }

  /** Hands a message to this process's own handler. Never rejects. */
  async deliver(name: string, payload: unknown): Promise<Reply> {
    const handler = this.#handlers.get(name)
    if (handler === undefined) return undefined
    try {
      return { value: await handler(payload as never) }
    } catch (error) {
      this.#log.error({ error, topic: name }, 'a message between workers could not be handled')
      return undefined
    }
  }
}

/** The outcome of some work, or undefined after a while. */
export const inTime = async <T>(
  work: Promise<T>,
  timeoutMs: number = defaultRequestTimeoutMs,
): Promise<T | undefined> => {
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(resolve, timeoutMs, undefined)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
