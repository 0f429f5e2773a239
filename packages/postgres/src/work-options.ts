/** How long a unit of work may take, and who may call it off. */
import { RoundtripError } from '@roundtrip/errors'

export interface WorkOptions {
  /** Aborting it calls the work off. */
  readonly signal?: AbortSignal | undefined
  /** On the clock of `performance.now()`. */
  readonly deadlineMs?: number | undefined
}

/** @throws RoundtripError `DEADLINE_EXCEEDED`; when called off, whatever the signal gives as its reason */
export const mayBegin = ({ signal, deadlineMs }: WorkOptions, clock: () => number = () => performance.now()): void => {
  signal?.throwIfAborted()
  if (deadlineMs !== undefined && clock() >= deadlineMs) throw new RoundtripError('DEADLINE_EXCEEDED')
}
