/** Trying again what gave up its place in a queue for a lock, after a pause that grows and differs between runners. */
import { DatabaseError } from 'pg'

export interface RetryOptions {
  readonly attempts: number
  readonly random: () => number
  readonly wait: (ms: number) => Promise<void>
  /** Called before each pause. */
  readonly retrying: (error: unknown, pauseMs: number) => void
}

const firstPauseMs = 500
const longestPauseMs = 8_000

/** The lock was not free in time, or somebody had to give way: nothing has changed, and the next try may pass. */
const lostToOthers = new Set(['55P03', '40P01', '40001'])

const isLostToOthers = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code !== undefined && lostToOthers.has(error.code)

export const retryForLocks = async <T>(work: () => Promise<T>, options: RetryOptions): Promise<T> => {
  const { attempts, random, wait, retrying } = options
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!isLostToOthers(error) || attempt >= attempts) throw error
      // Between half and all of it: long enough for what was waiting behind us to get through.
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1)) * (0.5 + random() / 2)
      retrying(error, pauseMs)
      await wait(pauseMs)
    }
  }
}
