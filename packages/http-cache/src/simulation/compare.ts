/** Hit ratios of eviction policies on the same traces. */
import { policies } from './policies.ts'
import { trace, type TraceOptions } from './trace.ts'

export interface Comparison {
  /** Hits per request for a page, scans not counted: nobody can hit what comes once. */
  readonly hitRatio: Readonly<Record<string, number>>
}

/** @param maxBytes of each cache */
export const comparePolicies = (options: TraceOptions, maxBytes: number): Comparison => {
  const contenders = Object.entries(policies).map(([name, create]) => ({ name, policy: create(maxBytes), hits: 0 }))
  let pages = 0
  for (const access of trace(options)) {
    if (access.key.startsWith('/page/')) pages++
    for (const contender of contenders) if (contender.policy.access(access)) contender.hits++
  }
  return { hitRatio: Object.fromEntries(contenders.map(({ name, hits }) => [name, hits / pages])) }
}
