/** Indexes of tables in use are built and dropped beside their writers (PostgreSQL, CREATE INDEX: building concurrently). */
import type { Node } from 'libpg-query'
import type { LintContext } from './context.ts'
import type { Problem } from './finding.ts'
import { hasOption } from './online.ts'
import { shortName, tableName } from './tables.ts'

export const indexRules = (node: Node, context: LintContext): Problem[] => {
  if ('IndexStmt' in node) return createIndex(node, context)
  if ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_INDEX') return dropIndex(node)
  if ('ReindexStmt' in node && !hasOption(node.ReindexStmt.params, 'concurrently')) {
    const effect = 'no write goes through while an index is rebuilt, and no read that could use it'
    return [{ rule: 'reindex', effect, instead: 'use `reindex (concurrently)`, alone in its file' }]
  }
  if ('RefreshMatViewStmt' in node && node.RefreshMatViewStmt.concurrent !== true) {
    const effect = 'no read of the view goes through while it is computed'
    return [{ rule: 'refresh', effect, instead: 'use `refresh materialized view concurrently`' }]
  }
  return []
}

const createIndex = ({ IndexStmt }: Extract<Node, { IndexStmt: unknown }>, context: LintContext): Problem[] => {
  const table = tableName(IndexStmt.relation)
  if (IndexStmt.concurrent === true) {
    return IndexStmt.if_not_exists === true ? [] : [restartable('create index concurrently if not exists <name>')]
  }
  if (context.isNew(table)) return []
  const effect = `no write to ${shortName(table)} goes through while the index is built`
  return [{ rule: 'create-index', effect, instead: 'use `create index concurrently if not exists`, alone in its file' }]
}

const dropIndex = ({ DropStmt }: Extract<Node, { DropStmt: unknown }>): Problem[] => {
  if (DropStmt.concurrent !== true) {
    const effect = 'its table is locked against reads and writes until the transaction ends'
    return [{ rule: 'drop-index', effect, instead: 'use `drop index concurrently if exists`, alone in its file' }]
  }
  return DropStmt.missing_ok === true ? [] : [restartable('drop index concurrently if exists')]
}

const restartable = (instead: string): Problem => ({
  rule: 'restartable',
  effect: 'it runs outside a transaction, so that after a crash it may have happened without being recorded',
  instead: `write \`${instead}\``,
})
