/** ALTER TABLE on tables in use, command by command (PostgreSQL, ALTER TABLE: notes on locks and rewrites). */
import type { AlterTableCmd, Constraint, Node } from 'libpg-query'
import { columnRules, uniqueConstraint, unvalidated } from './column-rules.ts'
import type { LintContext } from './context.ts'
import type { Problem } from './finding.ts'
import { shortName, tableName } from './tables.ts'

export const alterTableRules = (node: Node, context: LintContext): Problem[] => {
  if (!('AlterTableStmt' in node)) return []
  const table = tableName(node.AlterTableStmt.relation)
  if (context.isNew(table)) return []
  return (node.AlterTableStmt.cmds ?? []).flatMap((command) =>
    'AlterTableCmd' in command
      ? [
          ...columnRules(command.AlterTableCmd, table, context),
          ...tableCommand(command.AlterTableCmd, shortName(table)),
        ]
      : [],
  )
}

const rewriting = new Set(['AT_SetLogged', 'AT_SetUnLogged', 'AT_SetTableSpace', 'AT_SetAccessMethod'])

const tableCommand = ({ subtype = 'AT_AddColumn', def }: AlterTableCmd, table: string): Problem[] => {
  if (subtype === 'AT_AddConstraint' && def !== undefined && 'Constraint' in def) {
    return addConstraint(def.Constraint, table)
  }
  if (rewriting.has(subtype)) {
    const effect = `${table} is locked against reads and writes while all of it is copied`
    const instead = 'make a new table, fill it in batches, and change over with a release'
    return [{ rule: 'rewrite', effect, instead }]
  }
  if (subtype === 'AT_DetachPartition' && def !== undefined && 'PartitionCmd' in def && !def.PartitionCmd.concurrent) {
    const effect = `${table} and its partitions are locked against reads and writes until the transaction ends`
    const instead = 'use `detach partition … concurrently`, alone in its file'
    return [{ rule: 'detach-partition', effect, instead }]
  }
  return []
}

const addConstraint = (constraint: Constraint, table: string): Problem[] => {
  const { contype, skip_validation: isNotValid, indexname } = constraint
  switch (contype) {
    case 'CONSTR_CHECK':
    case 'CONSTR_FOREIGN':
    case 'CONSTR_NOTNULL':
      return isNotValid === true ? [] : [unvalidated(table)]
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
      return indexname === undefined ? [uniqueConstraint(table)] : []
    case 'CONSTR_EXCLUSION': {
      const effect = `${table} is locked against reads and writes while the index of the constraint is built`
      return [{ rule: 'unique-constraint', effect, instead: 'make a new table that has it, and move the rows over' }]
    }
    default:
      return []
  }
}
