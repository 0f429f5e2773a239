/** For tests: load shedding whose clock stands still and whose event loop is never late. */
import { LoadShedder, type LoadShedderSettings } from '../layers/load-shedder.ts'

export const testShedder = (overrides: Partial<LoadShedderSettings> = {}): LoadShedder =>
  new LoadShedder({
    initialLimit: 100,
    minLimit: 1,
    maxLimit: 1000,
    tolerance: 2,
    windowMs: 500,
    maxOpen: 1000,
    maxLoopDelayMs: 200,
    clock: () => 0,
    schedule: () => () => undefined,
    ...overrides,
  })
