/** What earlier statements have made true: which tables nobody uses yet, and which columns are known to hold no null. */
import type { AlterTableCmd, Constraint, Node } from 'libpg-query'
import { isOnline } from './online.ts'
import { lastName, tableName } from './tables.ts'

export class LintContext {
  readonly #newTables = new Set<string>()
  /** Column by table and constraint: `check (column is not null)`, validated or not. */
  readonly #nullChecks = new Map<string, string>()
  readonly #neverNull = new Set<string>()
  #holdsTable: string | undefined

  /** New tables and held locks end with the file; what is known of columns stays. */
  startFile(): void {
    this.#newTables.clear()
    this.#holdsTable = undefined
  }

  /** Created earlier in this file: its locks are in nobody's way, and it is empty. */
  isNew(table: string): boolean {
    return this.#newTables.has(table)
  }

  isNeverNull(table: string, column: string | undefined): boolean {
    return this.#neverNull.has(`${table} ${column}`)
  }

  /** The table in use that an earlier statement of this file has altered, and so holds until the file ends. */
  get heldTable(): string | undefined {
    return this.#holdsTable
  }

  /** To be called after the statement has been judged. */
  learn(node: Node): void {
    if ('CreateStmt' in node && node.CreateStmt.if_not_exists !== true) {
      this.#newTables.add(tableName(node.CreateStmt.relation))
    }
    if ('CreateTableAsStmt' in node && node.CreateTableAsStmt.if_not_exists !== true) {
      this.#newTables.add(tableName(node.CreateTableAsStmt.into?.rel))
    }
    if ('AlterTableStmt' in node) {
      const table = tableName(node.AlterTableStmt.relation)
      if (!this.isNew(table) && !isOnline(node)) this.#holdsTable ??= table
      for (const command of node.AlterTableStmt.cmds ?? []) {
        if ('AlterTableCmd' in command) this.#learnCommand(table, command.AlterTableCmd)
      }
    }
  }

  #learnCommand(table: string, { subtype, name, def }: AlterTableCmd): void {
    const added = def !== undefined && 'Constraint' in def ? def.Constraint : undefined
    const column = added && columnKeptFromNull(added)
    if (subtype === 'AT_AddConstraint' && column !== undefined) {
      this.#nullChecks.set(`${table} ${added?.conname}`, column)
      if (added?.skip_validation !== true) this.#neverNull.add(`${table} ${column}`)
    }
    const known = this.#nullChecks.get(`${table} ${name}`)
    if (known === undefined) return
    if (subtype === 'AT_ValidateConstraint') this.#neverNull.add(`${table} ${known}`)
    if (subtype === 'AT_DropConstraint') this.#neverNull.delete(`${table} ${known}`)
  }
}

/** `check (column is not null)`, and nothing more. */
const columnKeptFromNull = ({ contype, raw_expr: expression }: Constraint): string | undefined => {
  if (contype !== 'CONSTR_CHECK' || expression === undefined || !('NullTest' in expression)) return undefined
  const { nulltesttype, arg } = expression.NullTest
  if (nulltesttype !== 'IS_NOT_NULL' || arg === undefined || !('ColumnRef' in arg)) return undefined
  return lastName(arg.ColumnRef.fields)
}
