/** Starts what others need first and stops it last, with everything else side by side. */
import type { InstanceSpec } from './topology.ts'

/** Names that must be ready before this one starts. */
export const dependenciesOf = ({ talksTo, startsAfter = [] }: InstanceSpec): string[] => [...talksTo, ...startsAfter]

/** Runs `work` on each after its dependencies are done. Those that are not among `specs` are taken as done. */
export const forEachInStartOrder = (
  specs: readonly InstanceSpec[],
  work: (spec: InstanceSpec) => Promise<void>,
): Promise<void> => inOrder(specs, dependenciesOf, work)

/** Runs `work` on each after all that depend on it are done. */
export const forEachInStopOrder = (
  specs: readonly InstanceSpec[],
  work: (spec: InstanceSpec) => Promise<void>,
): Promise<void> =>
  inOrder(
    specs,
    ({ name }) => specs.filter((other) => dependenciesOf(other).includes(name)).map((other) => other.name),
    work,
  )

/** Rejects with the first failure, once nothing is in progress any more; what waited for a failed one is left out. */
const inOrder = async (
  specs: readonly InstanceSpec[],
  before: (spec: InstanceSpec) => string[],
  work: (spec: InstanceSpec) => Promise<void>,
): Promise<void> => {
  const byName = new Map(specs.map((spec) => [spec.name, spec]))
  const running = new Map<string, Promise<void>>()
  const run = (spec: InstanceSpec): Promise<void> => {
    const known = running.get(spec.name)
    if (known !== undefined) return known
    const earlier = before(spec)
      .map((name) => byName.get(name))
      .filter((other) => other !== undefined)
    const promise = Promise.all(earlier.map(run)).then(() => work(spec))
    running.set(spec.name, promise)
    return promise
  }
  const results = await Promise.allSettled(specs.map(run))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
