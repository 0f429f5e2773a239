/** Ctrl-C once means "stop in good order", twice means "now". */
import type { Io } from '../command.ts'

/**
 * A terminal sends Ctrl-C to its whole foreground group, and a launcher in it may pass its copy on: what arrives this soon
 * after the first is the same key.
 */
const sameKeyMs = 250

export interface Interrupts {
  /** Why, e.g. `SIGINT`; settles once, at the first. */
  readonly first: Promise<string>
  readonly wasInterrupted: () => boolean
  /** Gives the signals back. */
  readonly end: () => void
}

/**
 * @param force called at the second interrupt
 * @param clock milliseconds from some fixed point
 */
export const listenForInterrupts = (
  { onInterrupt }: Pick<Io, 'onInterrupt'>,
  force: () => void,
  clock: () => number = () => performance.now(),
): Interrupts => {
  const { promise, resolve } = Promise.withResolvers<string>()
  let firstMs: number | undefined
  const end = onInterrupt((reason) => {
    if (firstMs === undefined) {
      firstMs = clock()
      resolve(reason)
    } else if (clock() - firstMs > sameKeyMs) force()
  })
  return { first: promise, wasInterrupted: () => firstMs !== undefined, end }
}
