/** The topology as it is after failovers: who follows the primary, and has to wait for it. */
import type { InstanceSpec } from './topology.ts'

/** The same instances; of the Postgres servers those follow that are not the primary now. */
export const specsByRole = (specs: readonly InstanceSpec[], primary: string): readonly InstanceSpec[] =>
  specs.map((spec) => (spec.kind === 'postgres' ? { ...spec, talksTo: leadersOf(spec.name, primary) } : spec))

const leadersOf = (name: string, primary: string): readonly string[] => (name === primary ? [] : [primary])
