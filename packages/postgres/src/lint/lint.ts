/** Judges migrations before they run: what would stop a shop in use, or break the release that is running. */
import { RoundtripError } from '@roundtrip/errors'
import type { Node } from 'libpg-query'
import { alterTableRules } from './alter-table-rules.ts'
import { LintContext } from './context.ts'
import { fileRules } from './file-rules.ts'
import { formatFinding, type Finding, type Problem } from './finding.ts'
import { indexRules } from './index-rules.ts'
import { withoutAllowed } from './markers.ts'
import { loadParser, parseMigration, type MigrationText, type ParsedMigration } from './parse.ts'
import { lockRules, nameRules, writeRules } from './table-rules.ts'

export { formatFinding, type Finding, type Problem, type RuleName } from './finding.ts'
export type { MigrationText, ParsedMigration } from './parse.ts'

type Rules = (node: Node, context: LintContext) => Problem[]

const rules: readonly Rules[] = [indexRules, alterTableRules, nameRules, lockRules, writeRules]

/**
 * @param files all migrations from the first, in order: what earlier ones have made true, later ones may rely on
 * @throws RoundtripError `MIGRATION_FAILED` for a file that is not SQL
 */
export const lintMigrations = async (files: readonly MigrationText[]): Promise<Finding[]> => {
  await loadParser()
  return judge(files.map(parseMigration))
}

/**
 * Findings of files that have been applied are past helping, and do not count.
 * @returns `pending`, parsed
 * @throws RoundtripError `MIGRATION_UNSAFE` with all findings, `MIGRATION_FAILED` for a file that is not SQL
 */
export const checkMigrations = async (
  files: readonly MigrationText[],
  pending: readonly MigrationText[],
): Promise<ParsedMigration[]> => {
  await loadParser()
  const parsed = files.map(parseMigration)
  const names = new Set(pending.map(({ file }) => file))
  const findings = judge(parsed).filter(({ file }) => names.has(file))
  if (findings.length > 0) {
    const list = findings.map(formatFinding).join('\n  ')
    throw new RoundtripError('MIGRATION_UNSAFE', `The database was not migrated:\n  ${list}`, { details: { findings } })
  }
  return parsed.filter(({ file }) => names.has(file))
}

const judge = (migrations: readonly ParsedMigration[]): Finding[] => {
  const context = new LintContext()
  return migrations.flatMap((migration) => {
    context.startFile()
    return migration.statements.flatMap((statement) => {
      const { node, line, comments } = statement
      const problems = [...fileRules(statement, migration), ...rules.flatMap((rule) => rule(node, context))]
      context.learn(node)
      return withoutAllowed(problems, comments).map((problem) => ({ ...problem, file: migration.file, line }))
    })
  })
}
