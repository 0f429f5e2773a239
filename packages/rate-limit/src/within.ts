/** A deadline for an answer, fair to the one who answers. */

export class TooLateError extends Error {
  override readonly name = 'TooLateError'
}

/**
 * The answer, or `TooLateError` after `timeoutMs`. A loop that was busy itself finds the deadline passed before it has read
 * what arrived meanwhile (timers run ahead of sockets), so it looks once more before it blames the other side.
 */
export const within = <T>(timeoutMs: number, answer: Promise<T>): Promise<T> =>
  new Promise<T>((resolve, reject) => {
    const giveUp = (): void => reject(new TooLateError(`no answer within ${timeoutMs} ms`))
    const timer = setTimeout(() => setImmediate(giveUp), timeoutMs)
    answer.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error instanceof Error ? error : new Error('not answered', { cause: error }))
      },
    )
  })
