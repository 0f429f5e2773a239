/** Only reads in another order are excused, and only while the cache is away. */
import { expect, it } from 'vitest'
import type { Anomaly, AnomalyKind } from './anomaly.ts'
import { isExcused } from './excuses.ts'
import type { Operation } from './history.ts'

const reading = (askedMs: number): Operation => ({
  index: askedMs,
  session: 's',
  askedMs,
  answeredMs: askedMs + 10,
  outcome: 'ok',
  told: '200',
  kind: 'read product',
  via: 'api',
  productId: 1,
})
const found = (kind: AnomalyKind, ...times: readonly number[]): Anomaly => ({
  kind,
  sentence: '',
  shownBy: times.map(reading),
})
const cacheAway = [{ fault: 'cache frozen', fromMs: 1000, untilMs: 2000 }]

it.each([
  ['before own read', [1500, 1600], true],
  ['before own read', [500, 1100], true],
  ['before own read', [2900, 2950], true],
  ['before own read', [500, 900], false],
  ['before own read', [3100, 3200], false],
  ['before own write', [1500, 1600], false],
  ['missing', [1500], false],
] as const)('%s at %s: %s', (kind, times, expected) => {
  expect(isExcused(found(kind, ...times), cacheAway)).toBe(expected)
})

it('excuses nothing by another fault', () => {
  const struck = [{ fault: 'app killed', fromMs: 1000, untilMs: 2000 }]
  expect(isExcused(found('before own read', 1500, 1600), struck)).toBe(false)
})
