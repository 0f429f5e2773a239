/** A migration as the statements that Postgres' own parser finds in it, with their lines and comments. */
import { RoundtripError } from '@roundtrip/errors'
import { hasSqlDetails, loadModule, parseSync, scanSync, type Node } from 'libpg-query'

/** A migration to be judged. */
export interface MigrationText {
  /** As findings name it. */
  readonly file: string
  readonly text: string
}

export interface Statement {
  readonly node: Node
  /** Counted from 1: where its first word stands. */
  readonly line: number
  /** Those directly before it and within it. */
  readonly comments: readonly string[]
}

export interface ParsedMigration {
  readonly file: string
  readonly statements: readonly Statement[]
}

/** Must have been awaited once before `parseMigration`; takes 14–30 ms the first time. */
export const loadParser = loadModule

/** @throws RoundtripError `MIGRATION_FAILED` with file and line when it is not SQL */
export const parseMigration = ({ file, text }: MigrationText): ParsedMigration => {
  const bytes = Buffer.from(text) // The parser counts in bytes of UTF-8.
  const lineAt = (offset: number): number => bytes.subarray(0, offset).toString().split('\n').length
  if (text.trim() === '') return { file, statements: [] }
  try {
    const { stmts = [] } = parseSync(text)
    const { tokens } = scanSync(text)
    let previousEnd = 0
    const statements = stmts.flatMap(({ stmt: node, stmt_location: start = 0, stmt_len: length = 0 }) => {
      const end = length === 0 ? bytes.length : start + length // The last one may go on to the end of the file.
      const own = tokens.filter((token) => isComment(token) && token.start >= previousEnd && token.start < end)
      previousEnd = end
      return node === undefined ? [] : [{ node, line: lineAt(start), comments: own.map((comment) => comment.text) }]
    })
    return { file, statements }
  } catch (error) {
    if (!hasSqlDetails(error)) throw error
    const line = lineAt(error.sqlDetails?.cursorPosition ?? 0)
    const sentence = `The database was not migrated: ${file}:${line}: ${error.message}`
    throw new RoundtripError('MIGRATION_FAILED', sentence, { cause: error })
  }
}

const isComment = ({ tokenName }: { readonly tokenName: string }): boolean =>
  tokenName === 'SQL_COMMENT' || tokenName === 'C_COMMENT'
