/** What the lint has to say, and the names of its rules. */

export const ruleNames = [
  'create-index',
  'drop-index',
  'reindex',
  'restartable',
  'online-alone',
  'add-column-not-null',
  'add-column-rewrite',
  'add-constraint',
  'unique-constraint',
  'set-not-null',
  'alter-type',
  'drop-column',
  'drop',
  'rename',
  'rewrite',
  'detach-partition',
  'refresh',
  'lock',
  'truncate',
  'whole-table',
  'write-under-lock',
  'vacuum',
  'transaction',
  'timeout',
  'opaque',
  'down',
  'marker',
] as const

export type RuleName = (typeof ruleNames)[number]

/** What is wrong with one statement. */
export interface Problem {
  readonly rule: RuleName
  /** What it locks or breaks, as a sentence without its end. */
  readonly effect: string
  /** What to do instead, likewise. */
  readonly instead: string
}

export interface Finding extends Problem {
  readonly file: string
  /** Counted from 1. */
  readonly line: number
}

export const formatFinding = ({ file, line, rule, effect, instead }: Finding): string =>
  `${file}:${line}: ${rule}: ${effect}; ${instead}.`
