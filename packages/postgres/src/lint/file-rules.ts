/** What a file may hold: whole transactions are the runner's business, and what runs outside of one stands alone. */
import type { Node } from 'libpg-query'
import type { Problem } from './finding.ts'
import { isOnline } from './online.ts'
import type { ParsedMigration, Statement } from './parse.ts'

export const fileRules = ({ node, comments }: Statement, { statements }: ParsedMigration): Problem[] => {
  const problems = [...statementKinds(node)]
  if (isOnline(node) && statements.length > 1) {
    problems.push({
      rule: 'online-alone',
      effect:
        'it may take long, and would hold what the other statements of the file have locked, or cannot run at all',
      instead: 'put it into a file of its own, where it runs outside a transaction',
    })
  }
  if (comments.some((comment) => /^--\s*down migration/i.test(comment))) {
    const effect = 'migrations go forward only: the statements below would run as well'
    problems.push({ rule: 'down', effect, instead: 'remove them; a way back is a new migration' })
  }
  return problems
}

const timeouts = new Set(['lock_timeout', 'statement_timeout', 'transaction_timeout', 'deadlock_timeout'])

const statementKinds = function* (node: Node): Iterable<Problem> {
  if ('TransactionStmt' in node) {
    const effect = 'the runner already has a transaction open, and records the migration in it'
    yield { rule: 'transaction', effect, instead: 'remove it; two transactions are two files' }
  }
  if ('VariableSetStmt' in node && timeouts.has(node.VariableSetStmt.name ?? '')) {
    yield { rule: 'timeout', effect: 'the runner sets the timeouts', instead: 'give them to the runner' }
  }
  if ('DoStmt' in node || 'CallStmt' in node) {
    const effect = 'what runs inside cannot be judged'
    yield { rule: 'opaque', effect, instead: 'write plain statements, or say why: `-- lint: allow opaque: <reason>`' }
  }
}
