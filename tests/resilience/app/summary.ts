/** What a run did, in figures. */
import type { History, Operation } from './history.ts'
import type { Struck } from './nemesis.ts'

const counted = (list: readonly string[]): string =>
  [...Map.groupBy(list, (one) => one)]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([name, { length }]) => `${name} ${length}`)
    .join(', ')

const linesFor = (kind: Operation['kind'], operations: readonly Operation[]): string[] => {
  const own = operations.filter((one) => one.kind === kind)
  if (own.length === 0) return []
  const told = own.filter(({ outcome }) => outcome !== 'ok').map((one) => `${one.outcome}: ${one.told}`)
  return [`${kind}: ${counted(own.map(({ outcome }) => outcome))}${told.length === 0 ? '' : ` (${counted(told)})`}`]
}

const kinds = ['order', 'change', 'read product', 'read order', 'garbled'] as const

export const summaryOf = ({ operations, after }: History, struck: readonly Struck[]): string[] => [
  `${operations.length} operations, ${after.orders.length} orders, ${struck.length} faults`,
  `faults: ${counted(struck.map(({ fault }) => fault))}`,
  ...kinds.flatMap((kind) => linesFor(kind, operations)),
]
