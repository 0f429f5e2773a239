/** An app of the user's own in place of the shop: what is started without it, and where web finds it. */
import { instances, type InstanceSpec, type StackOptions } from '@roundtrip/stack'
import type { StackSettings } from '../stack-settings.ts'

/** The shop's own: its servers, its migration, and the worker, which knows the shop's jobs only. */
const isOfTheShop = ({ tier }: InstanceSpec): boolean => tier === 'app' || tier === 'worker'

/**
 * What `startStack` is to run, and on which settings.
 *
 * @param named instances or tiers from the command line, which win; empty for all that make sense
 */
export const stackOptionsOf = (
  { root, ports, ownApp }: StackSettings,
  named: readonly string[],
): Pick<StackOptions, 'root' | 'ports' | 'include' | 'settings'> => {
  if (ownApp === undefined) return { root, ports, ...(named.length > 0 && { include: named }) }
  const { origins, healthPath } = ownApp
  const allButTheShop = instances.filter((spec) => !isOfTheShop(spec)).map(({ name }) => name)
  return {
    root,
    ports,
    include: named.length > 0 ? named : allButTheShop,
    settings: { web: { WEB_UPSTREAMS: origins.join(','), WEB_HEALTH_CHECK_PATH: healthPath } },
  }
}
