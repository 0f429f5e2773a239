/** Looks for all that must not be in a history: pure, so that it can be shown histories with anything in them. */
import type { Anomaly } from './anomaly.ts'
import { checkOrders } from './check-orders.ts'
import { checkProducts } from './check-products.ts'
import { checkSessions } from './check-sessions.ts'
import type { History } from './history.ts'

const checkBytes = ({ operations }: History): Anomaly[] =>
  operations
    .filter(({ kind }) => kind === 'garbled')
    .map((one) => ({ kind: 'wrong content', sentence: 'the answer is not what was asked for', shownBy: [one] }))

const checkFailures = ({ operations }: History): Anomaly[] =>
  operations
    .filter(({ told }) => told.startsWith('500'))
    .map((one) => ({ kind: 'internal error', sentence: 'the answer names no reason', shownBy: [one] }))

/** @param history operations in the order of asking @returns nothing when every promise was kept */
export const checkHistory = (history: History): Anomaly[] => [
  ...checkBytes(history),
  ...checkFailures(history),
  ...checkOrders(history),
  ...checkProducts(history),
  ...checkSessions(history),
]
