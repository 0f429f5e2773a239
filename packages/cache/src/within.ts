/** One caller's patience with work that others may be waiting for too: the work goes on without him. */
import { RoundtripError } from '@roundtrip/errors'

export interface Patience {
  /** Aborts when nobody wants the answer any more. */
  readonly signal?: AbortSignal | undefined
  /** Latest moment for the answer, as `performance.now` counts. */
  readonly deadlineMs?: number | undefined
}

/** @throws RoundtripError `DEADLINE_EXCEEDED`, the reason of the signal, or what the work throws */
export const within = <T>(work: Promise<T>, { signal, deadlineMs }: Patience, clock: () => number): Promise<T> => {
  if (signal === undefined && deadlineMs === undefined) return work
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal?.reason as Error)
    const expire = (): void => reject(new RoundtripError('DEADLINE_EXCEEDED'))
    const timer = deadlineMs === undefined ? undefined : setTimeout(expire, Math.max(0, deadlineMs - clock()))
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted === true) abort()
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    })
  })
}
