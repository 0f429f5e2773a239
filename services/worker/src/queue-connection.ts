/** The connection to the queue's Redis: comes back by itself, and says once when it goes and when it is back. */
import type { Logger } from '@roundtrip/service'
import { Redis } from 'ioredis'

export interface QueueConnectionOptions {
  readonly url: string
  readonly password: string | undefined
  readonly log: Logger
  /** From 0 to 1, as `Math.random`. */
  readonly random?: () => number
}

export interface QueueConnection {
  readonly client: Redis
  /** `ok`, or why the queue cannot be reached; answers within half a second. */
  check(): Promise<string>
  isReady(): boolean
  close(): void
}

const longestWaitMs = 2000
const pingTimeoutMs = 500

/** Doubles from 50 ms; half of each wait is random, so that workers do not return in step. */
export const reconnectDelayMs = (attempt: number, random: () => number): number =>
  Math.min(longestWaitMs, 50 * 2 ** Math.min(attempt, 10)) * (0.5 + random() / 2)

/** Starts connecting and returns at once: a Redis that is down is waited for. */
export const connectQueue = ({ url, password, log, random = Math.random }: QueueConnectionOptions): QueueConnection => {
  const client = new Redis(url, {
    ...(password !== undefined && { password }),
    // BullMQ demands it: a command waits for the connection instead of failing, so nothing in progress is lost.
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => reconnectDelayMs(attempt, random),
    connectTimeout: longestWaitMs,
  })
  let problem: string | undefined = 'connecting'
  client.on('error', (error) => {
    // One line for each outage or new reason, not one for each attempt.
    if (problem !== error.message) log.warn({ error }, `the queue is not reachable, waiting for it: ${error.message}`)
    problem = error.message
  })
  client.on('close', () => {
    problem ??= 'connection closed'
  })
  client.on('ready', () => {
    problem = undefined
    log.info('the queue is reachable')
  })
  const isReady = (): boolean => client.status === 'ready'
  return {
    client,
    isReady,
    check: () => (isReady() ? ping(client) : Promise.resolve(`not reachable: ${problem ?? client.status}`)),
    close: () => client.disconnect(),
  }
}

/** Asked for although the connection stands: a Redis that hangs keeps its connections. */
const ping = (client: Redis): Promise<string> => {
  const { promise, resolve } = Promise.withResolvers<string>()
  const timer = setTimeout(resolve, pingTimeoutMs, `no answer within ${pingTimeoutMs} ms`)
  void client
    .ping()
    .then(
      () => 'ok',
      (error: unknown) => `not reachable: ${(error as Error).message}`,
    )
    .then(resolve)
    .finally(() => clearTimeout(timer))
  return promise
}
