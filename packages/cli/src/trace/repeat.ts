/** The same request several times: cold first, then with what a client keeps, so that the difference can be seen. */
import type { Client } from './client.ts'
import type { RunKind, Trace } from './trace.ts'

/** At least one. */
export type Series = readonly [Trace, ...Trace[]]

/** Cold; then a new connection that resumes the TLS session; from then on the connection is kept. */
export const kindOfRun = (index: number): RunKind => (index === 0 ? 'cold' : index === 1 ? 'resumed' : 'kept')

/** Ends early at the first failure: what comes after would only fail likewise, or prove nothing. */
export const repeat = async (client: Client, times: number): Promise<Series> => {
  const first = await client.run(kindOfRun(0))
  const rest: Trace[] = []
  for (let index = 1; index < times; index++) {
    if ((rest.at(-1) ?? first).failure !== undefined) break
    rest.push(await client.run(kindOfRun(index)))
  }
  return [first, ...rest]
}
