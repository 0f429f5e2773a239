/** The connection to the queue's Redis: comes back by itself, and says once when it goes and when it is back. */
import { patientRedis, watchOutages } from '@roundtrip/redis'
import type { Logger } from '@roundtrip/service'
import type { Redis } from 'ioredis'

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

const pingTimeoutMs = 500

/** Starts connecting and returns at once: a Redis that is down is waited for. */
export const connectQueue = ({ url, password, log, random = Math.random }: QueueConnectionOptions): QueueConnection => {
  const client = patientRedis({ url, password, random })
  const outages = watchOutages(client, 'the queue', log)
  const isReady = (): boolean => client.status === 'ready'
  return {
    client,
    isReady,
    check: () => (isReady() ? ping(client) : Promise.resolve(`not reachable: ${outages.problem ?? client.status}`)),
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
