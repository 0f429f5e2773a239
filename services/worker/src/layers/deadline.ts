/** Ends an attempt that takes too long or is cancelled, also when its handler does not listen to the signal. */
import { RoundtripError } from '@roundtrip/errors'
import type { JobLayer } from '../job.ts'

/**
 * A handler that went on regardless could still finish behind our back; the next attempt may then do the work again.
 * Handlers are idempotent for that reason: delivery is at least once anyway.
 *
 * @param createTimer aborts after the given milliseconds; `AbortSignal.timeout` outside of tests
 */
export const deadline =
  (timeoutMs: number, createTimer: (ms: number) => AbortSignal = (ms) => AbortSignal.timeout(ms)): JobLayer =>
  (next) =>
  async (job, context) => {
    const timer = createTimer(timeoutMs)
    const signal = AbortSignal.any([context.signal, timer])
    const { promise: over, reject } = Promise.withResolvers<never>()
    const abort = (): void => {
      reject(
        timer.aborted
          ? new RoundtripError('JOB_TIMEOUT', `The job did not finish within ${timeoutMs} ms.`)
          : new RoundtripError('JOB_CANCELLED', undefined, { cause: signal.reason }),
      )
    }
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([over, next(job, { ...context, signal })])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }
