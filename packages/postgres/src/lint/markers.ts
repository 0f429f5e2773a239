/** `-- lint: allow <rule>: <reason>` above a statement: a rule that is broken on purpose, with the reason on record. */
import { ruleNames, type Problem } from './finding.ts'

const marker = /^--\s*lint:/
const allowance = /^--\s*lint:\s*allow\s+(?<rule>[a-z-]+)\s*:\s*\S/

/** The problems that no marker allows, and those of the markers themselves. */
export const withoutAllowed = (problems: readonly Problem[], comments: readonly string[]): Problem[] => {
  const markers = comments.filter((comment) => marker.test(comment))
  const allowed = markers.map((comment) => allowance.exec(comment)?.groups?.['rule'])
  const unused = allowed.filter((rule) => !problems.some((problem) => problem.rule === rule))
  return [...problems.filter(({ rule }) => !allowed.includes(rule)), ...unused.map(markerProblem)]
}

const markerProblem = (rule: string | undefined): Problem => {
  if (rule === undefined) {
    const effect = 'this comment is no allowance'
    return { rule: 'marker', effect, instead: 'write `-- lint: allow <rule>: <reason>` above the statement' }
  }
  const isKnown = ruleNames.some((name) => name === rule)
  const effect = isKnown ? `the statement does not break ${rule}` : `there is no rule ${rule}`
  return { rule: 'marker', effect, instead: 'remove the marker' }
}
