/** The signal that calls a request's work off: its client has gone away, or its deadline has passed. */
import type { ServerResponse } from 'node:http'
import { RoundtripError } from '@roundtrip/errors'

/** @param leftMs until the deadline, which may be put off */
export const callOffSignal = (response: ServerResponse, leftMs: () => number): AbortSignal => {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const watch = (): void => {
    const delayMs = leftMs()
    if (delayMs <= 0) controller.abort(new RoundtripError('DEADLINE_EXCEEDED'))
    // A request that is over but for its deadline must not keep the process alive.
    else timer = setTimeout(watch, delayMs).unref()
  }
  const end = (): void => {
    clearTimeout(timer)
    if (!response.writableFinished) controller.abort(new RoundtripError('CLIENT_CLOSED_REQUEST'))
  }
  watch()
  // Of the response: the request itself is closed as soon as it has been read.
  if (response.closed) end()
  else response.once('close', end)
  return controller.signal
}
