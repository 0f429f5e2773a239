/** The one promise that the shop does not make while its cache is away. */
import type { Anomaly } from './anomaly.ts'
import type { Struck } from './nemesis.ts'

/** How long the memory of an app may lag behind once its cache is back: the lifetime of what it keeps. */
const memoryMs = 1000

/**
 * A visitor's position tells what the visitor has written, not what was read: that two apps show changes of others in the
 * same order, they owe to the cache that they share. Own writes are seen with and without it.
 */
export const isExcused = ({ kind, shownBy }: Anomaly, struck: readonly Struck[]): boolean => {
  const [first] = shownBy
  const last = shownBy.at(-1)
  if (kind !== 'before own read' || first === undefined || last === undefined) return false
  return struck.some(
    ({ fault, fromMs, untilMs }) =>
      fault.startsWith('cache ') && fromMs <= last.answeredMs && untilMs + memoryMs >= first.askedMs,
  )
}
