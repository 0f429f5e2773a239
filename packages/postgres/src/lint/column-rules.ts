/** Columns of tables in use: what rewrites the table, what fails on its rows, what the running release still needs. */
import type { AlterTableCmd, ColumnDef, Constraint, Node } from 'libpg-query'
import type { LintContext } from './context.ts'
import type { Problem } from './finding.ts'
import { lastName, shortName } from './tables.ts'

export const columnRules = (command: AlterTableCmd, table: string, context: LintContext): Problem[] => {
  const { subtype, name, def } = command
  const column = `${shortName(table)}.${name ?? ''}`
  switch (subtype) {
    case 'AT_AddColumn':
      return def !== undefined && 'ColumnDef' in def ? addColumn(def.ColumnDef, shortName(table)) : []
    case 'AT_DropColumn': {
      const effect = `the release that is running may still read or write ${column}, and its content is lost`
      const instead = 'drop it when no release uses it any more, and say so: `-- lint: allow drop-column: <reason>`'
      return [{ rule: 'drop-column', effect, instead }]
    }
    case 'AT_AlterColumnType': {
      const effect = `${shortName(table)} is locked against reads and writes while it is rewritten`
      const instead = 'add a column of the new type, fill it in batches, and change over with a release'
      return [{ rule: 'alter-type', effect, instead }]
    }
    case 'AT_SetNotNull':
      return context.isNeverNull(table, name) ? [] : [setNotNull(column, name)]
    case 'AT_SetExpression':
      return [rewrite(shortName(table), 'every row is computed again', 'add another column')]
    default:
      return []
  }
}

const setNotNull = (column: string, name: string | undefined): Problem => ({
  rule: 'set-not-null',
  effect: `${column} is checked in every row while its table is locked against reads and writes`,
  instead: `add \`constraint <name> not null ${name} not valid\`, and \`validate constraint <name>\` in the next file`,
})

const rewrite = (table: string, why: string, instead: string): Problem => ({
  rule: 'add-column-rewrite',
  effect: `${table} is locked against reads and writes while it is rewritten, as ${why}`,
  instead,
})

const addColumn = ({ colname, typeName, constraints = [] }: ColumnDef, table: string): Problem[] => {
  const all = constraints.flatMap((node) => ('Constraint' in node ? [node.Constraint] : []))
  const given = all.find(({ contype }) => contype === 'CONSTR_DEFAULT')?.raw_expr
  const numbersItself = /^(small|big)?serial[248]?$/.test(lastName(typeName?.names) ?? '')
  const problems = all.flatMap((constraint) => columnConstraint(constraint, colname ?? '', table, given))
  if (numbersItself) problems.push(rewrite(table, 'each row gets a number', numbering))
  if (given !== undefined && !isSameForAllRows(given)) {
    problems.push(
      rewrite(
        table,
        'the default differs from row to row',
        'add it without a default, set the default, and fill old rows in batches',
      ),
    )
  }
  return problems
}

const numbering = 'add a plain column, fill it in batches, and give it its sequence afterwards'

const columnConstraint = (
  { contype, generated_kind: kind }: Constraint,
  column: string,
  table: string,
  given: Node | undefined,
): Problem[] => {
  switch (contype) {
    case 'CONSTR_NOTNULL': {
      if (given !== undefined) return []
      const effect = `${table} has rows, which would hold null in ${column}: it fails`
      const instead = 'give it a constant default, or add it nullable, fill it, and add a not-null constraint not valid'
      return [{ rule: 'add-column-not-null', effect, instead }]
    }
    case 'CONSTR_GENERATED':
      return kind === 'v' ? [] : [rewrite(table, 'each row is computed', 'make it `virtual`')]
    case 'CONSTR_IDENTITY':
      return [rewrite(table, 'each row gets a number', numbering)]
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
      return [uniqueConstraint(table)]
    // Without a default every row holds null, which refers to nothing: Postgres does not look.
    case 'CONSTR_FOREIGN':
      return given === undefined ? [] : [unvalidated(table)]
    case 'CONSTR_CHECK':
      return [unvalidated(table)]
    default:
      return []
  }
}

export const uniqueConstraint = (table: string): Problem => ({
  rule: 'unique-constraint',
  effect: `${table} is locked against reads and writes while the index of the constraint is built`,
  instead: 'use `create unique index concurrently if not exists`, and `add constraint … using index` in the next file',
})

export const unvalidated = (table: string): Problem => ({
  rule: 'add-constraint',
  effect: `${table} is locked while each of its rows is checked`,
  instead: 'add the constraint `not valid`, and `validate constraint` in the next file',
})

/** Evaluated once, when the column is added; later reads find it in the catalog. */
const sameForAllRows = new Set(['now', 'transaction_timestamp', 'statement_timestamp'])

const isSameForAllRows = (node: Node | undefined): boolean => {
  if (node === undefined) return true
  if ('A_Const' in node || 'SQLValueFunction' in node) return true
  if ('TypeCast' in node) return isSameForAllRows(node.TypeCast.arg)
  if ('A_ArrayExpr' in node) return (node.A_ArrayExpr.elements ?? []).every(isSameForAllRows)
  if ('A_Expr' in node) return isSameForAllRows(node.A_Expr.lexpr) && isSameForAllRows(node.A_Expr.rexpr)
  if ('FuncCall' in node) return sameForAllRows.has(lastName(node.FuncCall.funcname) ?? '')
  return false
}
