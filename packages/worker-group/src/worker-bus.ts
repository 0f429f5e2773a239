/** How the worker processes of one service talk to each other: what is said to all, and what all are asked. */

/**
 * A kind of message, with the types of what is sent and of what comes back. Payloads and replies cross process
 * boundaries: structured-cloneable data only.
 */
export interface Topic<Payload, Reply = void> {
  readonly name: string
  /** Only for the compiler; never there at run time. */
  readonly types?: { readonly payload: Payload; readonly reply: Reply }
}

/** @param name unique within the service, e.g. `cache.purge` */
export const topic = <Payload, Reply = void>(name: string): Topic<Payload, Reply> => ({ name })

export interface RequestOptions {
  /** How long to wait for slow workers, in milliseconds. 2000 by default. */
  readonly timeoutMs?: number
  /** Who is asked: all processes (the default), or only the parent, which a process that is alone is itself. */
  readonly whom?: 'all' | 'parent'
}

export type TopicHandler<Payload, Reply> = (payload: Payload) => Reply | Promise<Reply>

/** Works the same with one process as with many. */
export interface WorkerBus {
  /** Tells everybody who has subscribed, in all processes, the sender included. Nothing is known of the outcome. */
  publish<Payload, Reply>(about: Topic<Payload, Reply>, payload: Payload): void
  /** One handler for each topic and process; a second one replaces the first. @returns how to unsubscribe */
  subscribe<Payload, Reply>(about: Topic<Payload, Reply>, handler: TopicHandler<Payload, Reply>): () => void
  /**
   * Asks every process that has subscribed, the sender included, or only the parent, and gives their replies in no certain order. Who fails
   * or does not reply in time is left out; a failure is logged where it happened. Never rejects.
   */
  request<Payload, Reply>(about: Topic<Payload, Reply>, payload: Payload, options?: RequestOptions): Promise<Reply[]>
}

/** Milliseconds. */
export const defaultRequestTimeoutMs = 2000
