/** What stands between a cache and a pool, in its only sensible order. */
import type { NamedHttpHandler, NamedHttpLayer } from '@roundtrip/http'
import { balance } from './balance.ts'
import { circuitBreaker } from './circuit-breaker.ts'
import { forward } from './forward.ts'
import { hedge } from './hedge.ts'
import { hopByHop } from './hop-by-hop.ts'
import type { Pool } from './pool.ts'
import { retry } from './retry.ts'

export const poolLayers = (pool: Pool): readonly NamedHttpLayer[] => [
  // Around everything that may fail with one member and succeed with another.
  ['retry', retry(pool)],
  // Inside retry: what both attempts side by side come to is one attempt to it.
  ['hedge', hedge(pool)],
  ['balance', balance(pool)],
  // Below balance, since its bounds are those of the member chosen.
  ['circuit-breaker', circuitBreaker(pool)],
  // Last: what is stripped concerns the connections only.
  ['hop-by-hop', hopByHop()],
]

/** The terminal that goes with them. */
export const poolTerminal = (): NamedHttpHandler => ['forward', forward()]
