/** A bound on the wait for an answer that does not mistake a busy process for a slow answer. */

/**
 * Rejects when there is no answer in time. A process that was busy meanwhile finds its timers due before it has read what
 * came in time: so it looks into its sockets once more before it gives up.
 */
export const inTime = <T>(answer: Promise<T>, timeoutMs: number): Promise<T> =>
  new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new Error(`Redis did not answer within ${timeoutMs} ms`))
    const timer = setTimeout(() => setImmediate(giveUp), timeoutMs)
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
