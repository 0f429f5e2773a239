/** Everybody in turn, round after round, so that noise meets them all. */

/** Another begins every round. */
const rotate = <T>(list: readonly T[], by: number): T[] => list.map((_, index) => list[(index + by) % list.length] as T)

/** Whoever fails twice in a round is out of the scenario: medians of different rounds could not be compared. */
export const inRounds = async <Runner extends { readonly name: string }, T>(
  runners: readonly Runner[],
  rounds: number,
  skipped: Record<string, string>,
  measure: (runner: Runner) => Promise<T>,
): Promise<Record<string, T[]>> => {
  const all: Record<string, T[]> = Object.fromEntries(runners.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const runner of rotate(runners, round)) {
      const own = all[runner.name]
      if (own === undefined) continue
      try {
        // Once more: a neighbour may have had the core of the generator.
        own.push(await measure(runner).catch(() => measure(runner)))
      } catch (error) {
        skipped[runner.name] = (error as Error).message
        delete all[runner.name]
      }
    }
  }
  return all
}
