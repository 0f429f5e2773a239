/** Statements that scan or build while others go on writing, so that they may take long, if they hold nothing else. */
import type { Node } from 'libpg-query'

/** `concurrently`, as an option in parentheses: `reindex (concurrently) …` */
export const hasOption = (options: readonly Node[] | undefined, name: string): boolean =>
  (options ?? []).some((option) => 'DefElem' in option && option.DefElem.defname === name)

/**
 * Built, checked or dropped beside ongoing writes. All but VALIDATE CONSTRAINT refuse to run in a transaction; that one
 * must not either, as it would hold what the statements before it have locked for the whole of its scan.
 */
export const isOnline = (node: Node): boolean => {
  if ('IndexStmt' in node) return node.IndexStmt.concurrent === true
  if ('DropStmt' in node) return node.DropStmt.concurrent === true
  if ('ReindexStmt' in node) return hasOption(node.ReindexStmt.params, 'concurrently')
  if ('AlterTableStmt' in node) return (node.AlterTableStmt.cmds ?? []).some(isOnlineCommand)
  return false
}

const isOnlineCommand = (command: Node): boolean => {
  if (!('AlterTableCmd' in command)) return false
  const { subtype, def } = command.AlterTableCmd
  if (subtype === 'AT_ValidateConstraint' || subtype === 'AT_DetachPartitionFinalize') return true
  return def !== undefined && 'PartitionCmd' in def && def.PartitionCmd.concurrent === true
}
