/** From when on the application refuses work: generous bounds, so that only what would fail anyway is refused. */
import { setting } from '@roundtrip/config'

export const loadSettings = {
  maxInFlight: setting.count({
    description: 'requests that a process may have in hand at once; beyond that they get 503',
    default: 10_000,
    minimum: 1,
  }),
  maxLoopDelayMs: setting.durationMs({
    description:
      'delay of the event loop above which requests get 503; catalogue pages from half of it, orders from twice',
    default: 3000,
  }),
  maxHeapBytes: setting.optional(
    setting.bytes({
      description: 'memory in the heap of a process above which requests get 503; 90 % of what V8 allows when unset',
    }),
  ),
}
