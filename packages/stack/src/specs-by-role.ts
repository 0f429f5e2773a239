/** The topology as it is after failovers: who follows the primary, and who has to wait for it. */
import { firstPrimary, type InstanceSpec } from './topology.ts'

/** The same instances, with neighbours that follow from who is the primary now. */
export const specsByRole = (specs: readonly InstanceSpec[], primary: string): readonly InstanceSpec[] =>
  specs.map((spec) => ({ ...spec, talksTo: neighboursOf(spec, primary) }))

const neighboursOf = ({ name, kind, talksTo }: InstanceSpec, primary: string): readonly string[] => {
  if (kind === 'postgres') return name === primary ? [] : [primary]
  const swapped: Readonly<Record<string, string>> = { [firstPrimary]: primary, [primary]: firstPrimary }
  return talksTo.map((neighbour) => swapped[neighbour] ?? neighbour)
}
