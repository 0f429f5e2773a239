/** Tables as a whole: what takes them from the running release, and what locks or rewrites all of their rows. */
import type { DeleteStmt, Node, ObjectType, UpdateStmt } from 'libpg-query'
import type { LintContext } from './context.ts'
import type { Problem } from './finding.ts'
import { droppedNames, listedTables, shortName, tableName } from './tables.ts'

const inUse = (tables: readonly string[], context: LintContext): string[] =>
  tables.filter((table) => !context.isNew(table)).map(shortName)

/** Code and other objects use these by name; an index, a trigger or a constraint they do not. */
const usedByName = new Set<ObjectType | undefined>([
  'OBJECT_TABLE',
  'OBJECT_COLUMN',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_FOREIGN_TABLE',
  'OBJECT_SEQUENCE',
  'OBJECT_SCHEMA',
  'OBJECT_TYPE',
  'OBJECT_ATTRIBUTE',
  'OBJECT_DOMAIN',
  'OBJECT_FUNCTION',
  'OBJECT_PROCEDURE',
])

export const nameRules = (node: Node, context: LintContext): Problem[] => {
  if ('DropStmt' in node && usedByName.has(node.DropStmt.removeType)) {
    const names = inUse(droppedNames(node.DropStmt.objects), context)
    if (names.length === 0) return []
    const effect = `the release that is running may still use ${names.join(', ')}, and the content is lost`
    const instead = 'drop it when no release uses it any more, and say so: `-- lint: allow drop: <reason>`'
    return [{ rule: 'drop', effect, instead }]
  }
  if ('RenameStmt' in node && usedByName.has(node.RenameStmt.renameType)) {
    const { relation } = node.RenameStmt
    return relation !== undefined && context.isNew(tableName(relation)) ? [] : [renamed]
  }
  if ('AlterObjectSchemaStmt' in node || ('AlterEnumStmt' in node && node.AlterEnumStmt.oldVal !== undefined)) {
    return [renamed]
  }
  return []
}

const renamed: Problem = {
  rule: 'rename',
  effect: 'the release that is running knows only the old name and fails at once',
  instead: 'add the new one beside the old, write both, and drop the old one when no release uses it any more',
}

export const lockRules = (node: Node, context: LintContext): Problem[] => {
  if ('LockStmt' in node) {
    const [table] = inUse(listedTables(node.LockStmt.relations), context)
    const effect = `${table} is locked until the transaction ends`
    return table === undefined ? [] : [{ rule: 'lock', effect, instead: 'let each statement take the lock it needs' }]
  }
  if ('TruncateStmt' in node) {
    const [table] = inUse(listedTables(node.TruncateStmt.relations), context)
    const effect = `${table} is locked against reads and writes, and all its rows are lost, also for older snapshots`
    return table === undefined ? [] : [{ rule: 'truncate', effect, instead: 'delete in batches, outside migrations' }]
  }
  if ('ClusterStmt' in node || ('VacuumStmt' in node && node.VacuumStmt.is_vacuumcmd === true)) {
    const effect = 'CLUSTER and VACUUM FULL lock a table against reads and writes while they copy all of it'
    return [{ rule: 'vacuum', effect, instead: 'leave it to autovacuum; upkeep is no migration' }]
  }
  return []
}

export const writeRules = (node: Node, context: LintContext): Problem[] =>
  writesIn(node).flatMap((write): Problem[] => {
    const [table] = inUse([tableName(write.relation)], context)
    if (table === undefined) return []
    if (isForAllRows(write.whereClause)) {
      const effect = `every row of ${table} stays locked against writes until the transaction ends`
      return [{ rule: 'whole-table', effect, instead: 'go through it in batches by primary key, outside migrations' }]
    }
    if (context.heldTable === undefined) return []
    const effect = `${shortName(context.heldTable)} stays locked against reads and writes while rows of ${table} change`
    return [{ rule: 'write-under-lock', effect, instead: 'put it into a file of its own' }]
  })

const isForAllRows = (where: Node | undefined): boolean =>
  where === undefined || ('A_Const' in where && where.A_Const.boolval?.boolval === true)

/** Also those inside `with`. */
const writesIn = (node: Node): (UpdateStmt | DeleteStmt)[] => {
  const found: (UpdateStmt | DeleteStmt)[] = []
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'UpdateStmt' || key === 'DeleteStmt') found.push(inner as UpdateStmt | DeleteStmt)
      look(inner)
    }
  }
  look(node)
  return found
}
