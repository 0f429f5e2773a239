/** Tells when Redis goes away, why, and when it is back: once each, not once for each attempt to reach it. */
import type { Redis } from 'ioredis'

export interface Log {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
}

export interface Outages {
  /** Why Redis cannot be reached; undefined while it can. */
  readonly problem: string | undefined
}

/** @param subject what is out of reach, as it begins a sentence in the log, e.g. `the queue` */
export const watchOutages = (redis: Redis, subject: string, log: Log): Outages => {
  let problem: string | undefined = 'connecting'
  redis.on('error', (error) => {
    // One line for each outage or new reason.
    if (problem !== error.message) log.warn({ error }, `${subject} is not reachable, waiting for it: ${error.message}`)
    problem = error.message
  })
  redis.on('close', () => {
    problem ??= 'connection closed'
  })
  redis.on('ready', () => {
    problem = undefined
    log.info({}, `${subject} is reachable`)
  })
  return {
    get problem() {
      return problem
    },
  }
}
