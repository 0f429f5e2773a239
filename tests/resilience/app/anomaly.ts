/** What must not be found in a history, and the few operations that show it. */
import type { Operation } from './history.ts'

/** Each is a promise of the shop that was broken. */
export type AnomalyKind =
  /** Acknowledged, and not there afterwards. */
  | 'missing'
  /** One key, several orders. */
  | 'doubled'
  /** Said not to have happened, or asked for by nobody, and there. */
  | 'not asked for'
  /** Two changes of one version were acknowledged. */
  | 'lost update'
  /** A session read what was before its own write. */
  | 'before own write'
  /** A session read what was before what it had read already. */
  | 'before own read'
  | 'negative stock'
  /** Stock and orders do not add up. */
  | 'stock does not add up'
  /** Contents that belong to nothing that was asked for. */
  | 'wrong content'
  /** A failure that nobody has thought of: what breaks here has codes of its own. */
  | 'internal error'

export interface Anomaly {
  readonly kind: AnomalyKind
  readonly sentence: string
  /** The smallest part of the history that shows it. */
  readonly shownBy: readonly Operation[]
}

const detailsOf = (operation: Operation): string => {
  switch (operation.kind) {
    case 'order': {
      const lines = operation.lines.map(({ productId, quantity }) => `${quantity} of ${productId}`).join(', ')
      return `${lines} under ${operation.key}${operation.orderId === undefined ? '' : ` → ${operation.orderId}`}`
    }
    case 'change':
      return `${operation.productId}, if at ${operation.base}, to "${operation.text}"`
    case 'read order':
      return `${operation.orderId} (${operation.via}) → ${operation.isFound === true ? 'there' : 'not there'}`
    case 'read product':
      return `${operation.productId} (${operation.via}) → ${JSON.stringify(operation.seen)}`
    case 'garbled':
      return `${operation.asked} → ${operation.answer.slice(0, 200)}`
  }
}

export const describeOperation = (operation: Operation): string => {
  const { index, session = 'nobody', askedMs, answeredMs, kind, outcome, told } = operation
  const span = `${askedMs.toFixed(0)}–${answeredMs.toFixed(0)} ms`
  return `#${index} ${span} ${session}: ${kind} ${detailsOf(operation)}: ${outcome}, ${told}`
}

export const describeAnomaly = ({ kind, sentence, shownBy }: Anomaly): string =>
  [`${kind}: ${sentence}`, ...shownBy.map((operation) => `  ${describeOperation(operation)}`)].join('\n')
