/** For tests only: a visit without a request. */
import { Timings } from '../http/timings.ts'
import type { Visit } from '../http/visit.ts'

/** By somebody who has not written lately, and who has time. */
export const newVisit = (changed: Partial<Visit> = {}): Visit => ({
  timings: new Timings(() => 0),
  deadlineMs: Infinity,
  signal: new AbortController().signal,
  position: undefined,
  sharedPosition: undefined,
  asksPastMemory: false,
  wrote: () => {},
  saw: () => {},
  ...changed,
})
