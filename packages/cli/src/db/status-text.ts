/** The Postgres servers as a table: who is the primary, and how far the others are. */
import type { DatabaseNode, DatabaseStatus } from '@roundtrip/stack'
import type { Io } from '../command.ts'
import { paintState } from '../terminal/states.ts'
import { table } from '../terminal/table.ts'
import { duration, size } from '../terminal/units.ts'

const columns = [
  { title: 'INSTANCE' },
  { title: 'ROLE' },
  { title: 'STATE' },
  { title: 'TIMELINE', align: 'right' },
  { title: 'POSITION', align: 'right' },
  { title: 'BEHIND', align: 'right' },
  { title: 'ADDRESS' },
] as const

/** @returns lines without newlines */
export const databaseText = (status: DatabaseStatus, { colours }: Pick<Io, 'colours'>): string[] => [
  ...table(
    columns,
    status.nodes.map((node) => [
      node.name,
      node.role === 'primary' ? colours.bold(node.role) : node.role,
      paintState(colours, node.state),
      node.timeline === undefined ? '?' : String(node.timeline),
      node.position ?? '?',
      behind(node),
      node.address,
    ]),
    { colours },
  ),
  ...status.nodes.filter(isCutOff).map(({ name }) => colours.yellow(`${name} is not connected to its primary.`)),
  ...(status.isFailingOver ? [colours.yellow('A failover is under way.')] : []),
]

const isCutOff = ({ isStreaming }: DatabaseNode): boolean => isStreaming === false

const behind = ({ role, lagBytes, lagMs }: DatabaseNode): string => {
  if (role === 'primary') return ''
  if (lagBytes === undefined || lagMs === undefined) return '?'
  return lagBytes === 0 ? 'nothing' : `${size(lagBytes)}, ${duration(lagMs)}`
}
