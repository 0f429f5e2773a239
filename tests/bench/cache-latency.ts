/** What neighbours of a virtual machine leave of the last-level cache, which no count of processor time tells. */
import type { Children } from './children.ts'

const program = `${import.meta.dirname}/cache-latency.main.ts`

/** @returns nanoseconds for one step of a walk through 8 MB on that core */
export const cacheLatencyNs = async (children: Children, core: number): Promise<number> => {
  const said = JSON.parse(await children.run(process.execPath, [program], { cores: [core] })) as { nanoseconds: number }
  return Math.round(said.nanoseconds)
}
