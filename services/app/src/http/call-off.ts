/** The signal that calls a request's work off: its client has gone away, or its deadline has passed. */
import type { ServerResponse } from 'node:http'
import { RoundtripError } from '@roundtrip/errors'

/** @param leftMs until the deadline */
export const callOffSignal = (response: ServerResponse, leftMs: number): AbortSignal => {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new RoundtripError('DEADLINE_EXCEEDED')), Math.max(0, leftMs))
  timer.unref() // A request that is over but for its deadline must not keep the process alive.
  const end = (): void => {
    clearTimeout(timer)
    if (!response.writableFinished) controller.abort(new RoundtripError('CLIENT_CLOSED_REQUEST'))
  }
  // Of the response: the request itself is closed as soon as it has been read.
  if (response.closed) end()
  else response.once('close', end)
  return controller.signal
}
